import assert from "node:assert/strict";
import { it } from "node:test";
import { sinkKinds } from "../../../../src/usage/sink/index.ts";
import { sinkConformance } from "../../../conformance/sink.ts";

it("the kinds of sinks each have a type of their own", () => {
  const types = sinkKinds.map(({ type }) => type);
  assert.equal(new Set(types).size, types.length);
});

for (const kind of sinkKinds) sinkConformance(kind);
