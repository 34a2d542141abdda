import assert from "node:assert/strict";
import { it } from "node:test";
import { identityKinds } from "../../../src/identity/index.ts";
import { identityConformance } from "../../conformance/identity.ts";

it("the kinds of identity each have a type of their own", () => {
  const types = identityKinds.map(({ type }) => type);
  assert.equal(new Set(types).size, types.length);
});

for (const kind of identityKinds) identityConformance(kind);
