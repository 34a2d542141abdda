import { floodSuite } from "../support/edge-flood.ts";

// The same for 10 s an attack: test/soak/edge-flood.ts.
floodSuite(500);
