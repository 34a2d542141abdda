import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Exchange } from "../../../src/exchange/state/exchange.ts";
import { openExchangesMax, Registry, tombstonesMax } from "../../../src/exchange/state/registry.ts";

function exchange(id: string, tenantId = "acme"): Exchange {
  return { id, principal: { tenantId } } as Exchange;
}

describe("Registry", () => {
  it("knows open exchanges by id, and of closed ones that they were", () => {
    const registry = new Registry();
    const one = exchange("one");
    registry.add(one);
    assert.equal(registry.get("one"), one);
    assert.equal(registry.wasClosed("one"), false);
    registry.bury("one");
    assert.equal(registry.get("one"), undefined);
    assert.equal(registry.wasClosed("one"), true);
    assert.equal(registry.wasClosed("forged"), false);
  });

  it("remembers the ones closed last, and no more than its bound", () => {
    const registry = new Registry();
    for (let at = 0; at <= tombstonesMax; at += 1) {
      registry.add(exchange(String(at)));
      registry.bury(String(at));
    }
    assert.equal(registry.wasClosed("0"), false);
    assert.equal(registry.wasClosed("1"), true);
    assert.equal(registry.wasClosed(String(tombstonesMax)), true);
  });

  it("leaves no tombstone for what was never open", () => {
    const registry = new Registry();
    registry.bury("stranger");
    assert.equal(registry.wasClosed("stranger"), false);
  });

  it("has no room for more than a tenant's share, and has some again once one closes", () => {
    const registry = new Registry();
    for (let at = 0; at < openExchangesMax / 2; at += 1) registry.add(exchange(String(at)));
    assert.equal(registry.hasRoom("acme"), false);
    assert.equal(registry.hasRoom("globex"), true);
    registry.bury("0");
    assert.equal(registry.hasRoom("acme"), true);
  });

  it("tells everyone who waits when the last exchange is closed, and at once when none is open", async () => {
    const registry = new Registry();
    await registry.whenIdle();
    registry.add(exchange("one"));
    registry.add(exchange("two"));
    const told: string[] = [];
    const waiting = ["a", "b"].map((name) => registry.whenIdle().then(() => told.push(name)));
    registry.bury("one");
    await Promise.resolve();
    assert.deepEqual(told, []);
    registry.bury("two");
    await Promise.all(waiting);
    assert.deepEqual(told, ["a", "b"]);
  });
});
