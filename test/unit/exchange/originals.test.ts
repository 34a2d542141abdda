import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Originals } from "../../../src/exchange/state/originals.ts";

describe("Originals", () => {
  it("takes a tenant's bodies up to its share, and none above", () => {
    const originals = new Originals(100);
    assert.equal(originals.take("a", 30), true);
    assert.equal(originals.take("a", 21), false);
    assert.equal(originals.take("a", 20), true);
    assert.equal(originals.take("a", 1), false);
    assert.equal(originals.heldBytes, 50);
  });

  it("has room for another tenant while one has used up its share", () => {
    const originals = new Originals(100);
    originals.take("a", 50);
    assert.equal(originals.take("b", 25), true);
  });

  it("has room again for what was released", () => {
    const originals = new Originals(100);
    originals.take("a", 50);
    originals.release("a", 50);
    assert.equal(originals.heldBytes, 0);
    assert.equal(originals.take("a", 50), true);
  });
});
