import { describeOnEveryEdge } from "../support/edge/every-edge.ts";
import { testResets } from "../support/faults/resets.ts";

/** The long form of test/e2e/resets.test.ts. */
const requests = 3_000;

describeOnEveryEdge(`${requests} requests with resets in between`, (edge) => testResets(requests, edge));
