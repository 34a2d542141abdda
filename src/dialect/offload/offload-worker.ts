import { serveOrders } from "../../core/serve-orders.ts";
import { doOrder } from "./do-order.ts";

serveOrders(doOrder);
