import { describeOnEveryEdge } from "../support/edge/every-edge.ts";
import { testResets } from "../support/faults/resets.ts";

/** Four of them are broken by the provider; soak:resets does it with more. */
const requests = 200;

describeOnEveryEdge(`${requests} requests with resets in between`, (edge) => testResets(requests, edge));
