import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { withinMs } from "../../../src/core/time-limit.ts";

describe("withinMs()", () => {
  it("gives what the work made in time, and lets what it throws through", () => {
    assert.deepEqual(
      withinMs(10_000, () => "made"),
      { kind: "done", value: "made" },
    );
    assert.throws(
      () =>
        withinMs(10_000, () => {
          throw new RangeError("own");
        }),
      RangeError,
    );
  });

  it("stops a loop, and a regular expression that backtracks, and works on after", () => {
    const endless = (): never => {
      for (;;) {}
    };
    assert.deepEqual(withinMs(20, endless), { kind: "late" });
    assert.deepEqual(
      withinMs(20, () => /^(a+)+$/.test(`${"a".repeat(60)}!`)),
      { kind: "late" },
    );
    assert.deepEqual(
      withinMs(10_000, () => 1),
      { kind: "done", value: 1 },
    );
  });

  it("may be asked for from within", () => {
    const both = withinMs(10_000, () => withinMs(10_000, () => 2));
    assert.deepEqual(both, { kind: "done", value: { kind: "done", value: 2 } });
  });
});
