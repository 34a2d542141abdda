import assert from "node:assert/strict";
import { it } from "node:test";
import { providerKinds } from "../../../src/provider/index.ts";
import { providerConformance } from "../../conformance/provider.ts";

it("the kinds of providers each have a type of their own", () => {
  const types = providerKinds.map(({ type }) => type);
  assert.equal(new Set(types).size, types.length);
});

for (const kind of providerKinds) providerConformance(kind);
