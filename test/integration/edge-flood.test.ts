import { floodSuite } from "../support/edge-flood.ts";

// Wide, for three processes on few cores that others use too. For longer and narrower: test/soak/edge.soak.ts.
floodSuite({ attackMs: 250, slowdown: 8, leastP99Ms: 10 });
