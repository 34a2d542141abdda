import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { FairShare } from "../../../src/core/fair-share.ts";

describe("FairShare", () => {
  it("leaves room for another holder, however much one takes", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 40 }), { maxLength: 60 }), (amounts) => {
        const share = new FairShare(100);
        for (const amount of amounts) share.take("greedy", amount);
        assert.ok(share.heldBy("greedy") <= 50);
        assert.ok(share.take("other", 25));
      }),
    );
  });

  it("never holds more than its total, and gives everything back", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.constantFrom("a", "b", "c", "d"), fc.integer({ min: 1, max: 100 })), {
          maxLength: 60,
        }),
        (asked) => {
          const share = new FairShare(100);
          const taken = asked.filter(([holder, amount]) => share.take(holder, amount));
          assert.ok(share.used <= 100);
          for (const [holder, amount] of taken) share.release(holder, amount);
          assert.equal(share.used, 0);
          for (const holder of ["a", "b", "c", "d"]) assert.equal(share.heldBy(holder), 0);
        },
      ),
    );
  });
});
