import { it } from "node:test";
import { describeOnEveryEdge } from "../support/edge/every-edge.ts";
import { provesManyStreams } from "../support/load/many-streams.ts";
import { useTestStack } from "../support/stack/stack.ts";

describeOnEveryEdge("streams that are open at once", (edge) => {
  const stack = useTestStack({ edge });

  it("each get their own answer and their own record, 1,000 of them", () =>
    provesManyStreams(stack(), 1_000, 5_000));
});
