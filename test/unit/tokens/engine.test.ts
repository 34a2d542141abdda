import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Engine } from "../../../src/tokens/engine/engine.ts";
import { scopesMax } from "../../../src/tokens/engine/merge.ts";

describe("openScope()", () => {
  const engine = new Engine("cl100k_base");

  it("gives a tenant's texts one scope of memos, and every text of nobody its own", () => {
    const acme = engine.openScope("acme");
    assert.equal(engine.openScope("acme"), acme);
    const others = [engine.openScope("other"), engine.openScope(undefined), engine.openScope(undefined)];
    assert.equal(new Set([acme, ...others]).size, 4);
  });

  it("begins anew when the numbers are used up, and never gives two tenants one", () => {
    const scopes = new Map<number, string>();
    const tenants = 2 * scopesMax + 9;
    for (let i = 0; i < tenants; i++) {
      const scope = engine.openScope(`t${i}`);
      assert.ok(scope >= 1 && scope <= scopesMax);
      if (scope === 1) scopes.clear();
      assert.equal(scopes.get(scope), undefined);
      scopes.set(scope, `t${i}`);
    }
    assert.equal(engine.openScope(`t${tenants - 1}`), [...scopes.keys()].at(-1));
  });
});
