import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ceilToNano, formatUsd, parseUsd } from "../../../src/core/money.ts";

describe("parseUsd()", () => {
  it("keeps every decimal place the unit can hold", () => {
    assert.equal(parseUsd("0.075", 12), 75_000_000_000n);
    assert.equal(parseUsd("1000", 9), 1_000_000_000_000n);
    assert.equal(parseUsd("0.000000001", 9), 1n);
    assert.equal(parseUsd("2.50000000000000", 9), 2_500_000_000n);
  });

  for (const text of ["", "-1", "1e3", ".5", "1.", "1,5", "NaN", "0.0000000001"]) {
    it(`refuses ${JSON.stringify(text)}`, () => assert.throws(() => parseUsd(text, 9), RangeError));
  }
});

describe("ceilToNano()", () => {
  it("rounds up, once", () => {
    assert.equal(ceilToNano(0n), 0n);
    assert.equal(ceilToNano(1n), 1n);
    assert.equal(ceilToNano(1_000n), 1n);
    assert.equal(ceilToNano(1_001n), 2n);
  });
});

describe("formatUsd()", () => {
  it("drops trailing zeros and keeps the sign", () => {
    assert.equal(formatUsd(21_000_000n), "0.021");
    assert.equal(formatUsd(0n), "0");
    assert.equal(formatUsd(-1_500_000_000n), "-1.5");
  });
});
