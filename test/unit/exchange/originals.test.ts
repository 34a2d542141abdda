import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Originals } from "../../../src/exchange/originals.ts";

describe("Originals", () => {
  it("takes bodies up to its bound, and none above", () => {
    const originals = new Originals(100);
    assert.equal(originals.take(60), true);
    assert.equal(originals.take(41), false);
    assert.equal(originals.take(40), true);
    assert.equal(originals.take(1), false);
    assert.equal(originals.heldBytes, 100);
  });

  it("has room again for what was released", () => {
    const originals = new Originals(100);
    originals.take(100);
    originals.release(100);
    assert.equal(originals.heldBytes, 0);
    assert.equal(originals.take(100), true);
  });
});
