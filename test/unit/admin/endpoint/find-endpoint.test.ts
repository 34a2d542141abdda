import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { endpointsAt } from "../../../../src/admin/endpoint/find-endpoint.ts";
import { endpoints } from "../../../../src/admin/endpoint/index.ts";

describe("endpointsAt", () => {
  it("finds every endpoint at its own path, with the segment that its placeholder stands for", () => {
    for (const endpoint of endpoints) {
      const found = endpointsAt(endpoints, endpoint.path.replace("{id}", "a%2Fb"));
      assert.equal(found?.byMethod.get(endpoint.method), endpoint);
      assert.equal(found?.id, endpoint.path.includes("{id}") ? "a/b" : "");
    }
  });

  it("gives all endpoints at one path one audience", () => {
    for (const { path, audience } of endpoints)
      assert.equal(endpointsAt(endpoints, path.replace("{id}", "x"))?.audience, audience);
  });

  const nowhere = ["/", "", "/usage/", "/usage/a/b", "/overrides/a/b", "/Livez", "/budgets/", "/livez/"];
  for (const path of nowhere)
    it(`finds nothing at ${JSON.stringify(path)}`, () =>
      assert.equal(endpointsAt(endpoints, path), undefined));
});
