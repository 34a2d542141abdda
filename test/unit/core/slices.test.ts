import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { inSlices, sliceBytes } from "../../../src/core/slices.ts";

/** Holds the loop as a slow reader of slices does. */
function work(ms: number): void {
  for (const endMs = performance.now() + ms; performance.now() < endMs; );
}

describe("inSlices", () => {
  it("hands on every byte in order, and tells the last slice", async () => {
    const piece = Buffer.from(Array.from({ length: 3 * sliceBytes + 5 }, (_, at) => at & 255));
    const slices: Buffer[] = [];
    const lasts: boolean[] = [];
    await inSlices(piece, true, async (slice, last) => {
      slices.push(slice);
      lasts.push(last);
      return false;
    });
    assert.ok(Buffer.concat(slices).equals(piece));
    assert.deepEqual(lasts, [false, false, false, true]);
  });

  it("hands on no more once it is told to stop", async () => {
    let slices = 0;
    await inSlices(Buffer.alloc(4 * sliceBytes), false, async () => ++slices === 2);
    assert.equal(slices, 2);
  });

  for (const pieces of [2, 20])
    it(`gives ${pieces} long pieces one turn together in each round of the loop, each as many as the others`, async () => {
      let rounds = 0;
      let running = true;
      const count = (): void => {
        rounds += 1;
        if (running) setImmediate(count);
      };
      setImmediate(count);
      const order: number[] = [];
      const piece = Buffer.alloc(5 * sliceBytes);
      await Promise.all(
        Array.from({ length: pieces }, (_, index) =>
          inSlices(piece, true, async () => {
            order.push(index);
            work(1.1);
            return false;
          }),
        ),
      );
      running = false;
      // All but the first piece's first turn are begun in a round of their own.
      assert.ok(rounds >= 5 * pieces - pieces - 1, `${rounds} rounds`);
      for (let turn = 0; turn < 5; turn++)
        assert.equal(new Set(order.slice(turn * pieces, (turn + 1) * pieces)).size, pieces);
    });
});
