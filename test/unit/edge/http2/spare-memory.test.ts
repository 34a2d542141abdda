import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { SpareMemory } from "../../../../src/edge/http2/spare-memory.ts";

const kib = 1 << 10;

describe("SpareMemory", () => {
  it("gives back memory that fits, the one used last first", () => {
    const spare = new SpareMemory(kib * kib);
    const [first, second] = [spare.take(100 * kib), spare.take(100 * kib)];
    assert.notEqual(first, second);
    spare.giveBack(first);
    spare.giveBack(second);
    assert.equal(spare.take(99 * kib), second);
    assert.equal(spare.take(100 * kib), first);
  });

  it("never gives the same memory to two", () => {
    const spare = new SpareMemory(kib * kib);
    spare.giveBack(spare.take(100 * kib));
    assert.notEqual(spare.take(100 * kib), spare.take(100 * kib));
  });

  it("gives at least what is asked for, and at most a quarter more", () => {
    const spare = new SpareMemory(kib * kib);
    for (let bytes = 1; bytes < 2 * kib * kib; bytes = Math.ceil(bytes * 1.1)) {
      const memory = spare.take(bytes);
      assert.ok(memory.length >= bytes && memory.length <= bytes * 1.25, `${memory.length} for ${bytes}`);
      spare.giveBack(memory);
    }
  });

  it("keeps no more than it may: what was kept longest is let go", () => {
    const spare = new SpareMemory(256 * kib);
    const kept = [spare.take(128 * kib), spare.take(128 * kib), spare.take(128 * kib)];
    for (const memory of kept) spare.giveBack(memory);
    assert.deepEqual(
      [spare.take(128 * kib), spare.take(128 * kib)].map((memory) => kept.indexOf(memory)),
      [2, 1],
    );
    assert.equal(kept.indexOf(spare.take(128 * kib)), -1);
  });

  it("does not keep what is small or larger than all it may keep", () => {
    const spare = new SpareMemory(256 * kib);
    for (const bytes of [0, 8 * kib, 512 * kib]) {
      const memory = spare.take(bytes);
      spare.giveBack(memory);
      assert.notEqual(spare.take(bytes), memory);
    }
  });
});
