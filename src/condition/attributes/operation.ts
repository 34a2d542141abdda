import { requestAttribute } from "../attribute.ts";

/** What the client's dialect is asked to do, e.g. `chat`. */
export const operation = requestAttribute("operation", ({ facts }) => facts.operation.name);
