import { floodSuite } from "../support/edge/flood.ts";

// Nothing is timed on cores that others use too. For longer, and timed: test/soak/edge.soak.ts.
floodSuite({ attackMs: 250 });
