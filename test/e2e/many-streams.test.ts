import { it } from "node:test";
import { describeOnEveryEdge } from "../support/edge/every-edge.ts";
import { provesManyStreams } from "../support/load/many-streams.ts";
import { useTestStack } from "../support/stack/stack.ts";

describeOnEveryEdge("streams that are open at once", (edge) => {
  const stack = useTestStack({ edge });

  // soak:streams does it with 10,000.
  it("each get their own answer and their own record, 300 of them", () =>
    provesManyStreams(stack(), 300, 4_000));
});
