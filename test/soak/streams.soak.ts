import { describe, it } from "node:test";
import { provesManyStreams } from "../support/load/many-streams.ts";
import { useTestStack } from "../support/stack/stack.ts";

describe("streams that are open at once", () => {
  const stack = useTestStack();

  it("each get their own answer and their own record, 10,000 of them", () =>
    provesManyStreams(stack(), 10_000, 40_000));
});
