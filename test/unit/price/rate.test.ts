import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { ceilingOf, costOf, type Rate } from "../../../src/price/rate.ts";
import type { Usage } from "../../../src/usage/usage.ts";

const usdPerMillion = (usd: number) => BigInt(usd * 1_000_000);

describe("costOf()", () => {
  const sevenAndTwenty: Rate = {
    input: usdPerMillion(7),
    output: usdPerMillion(20),
    tiers: [],
    version: "t",
  };

  it("is exactly 0.021 dollars for 1,800 in and 420 out at 7 and 20 dollars per million", () => {
    assert.equal(costOf(sevenAndTwenty, { inputTokens: 1_800, outputTokens: 420 }), 21_000_000n);
  });

  it("rounds up once, not class by class", () => {
    const rate: Rate = { input: 1n, output: 1n, cachedInput: 1n, tiers: [], version: "t" };
    assert.equal(costOf(rate, { inputTokens: 2, cachedInputTokens: 1, outputTokens: 1 }), 1n);
    assert.equal(costOf(rate, { inputTokens: 500, cachedInputTokens: 1, outputTokens: 501 }), 2n);
  });

  const classes: readonly [what: string, rate: Partial<Rate>, usage: Partial<Usage>, picoUsd: bigint][] = [
    ["cached input inside the total", { cachedInput: 1_000n }, { cachedInputTokens: 40 }, 640_000n],
    ["cache writes of 5 minutes", { cacheWrite: 12_500n }, { cacheWriteTokens: 40 }, 1_100_000n],
    ["cache writes of an hour", { cacheWrite1h: 20_000n }, { cacheWrite1hTokens: 40 }, 1_400_000n],
    ["hour writes as 5-minute ones", { cacheWrite: 12_500n }, { cacheWrite1hTokens: 40 }, 1_100_000n],
    ["hour writes as input", {}, { cacheWrite1hTokens: 40 }, 1_000_000n],
    ["audio input", { audioInput: 50_000n }, { audioInputTokens: 40 }, 2_600_000n],
    ["image input", { imageInput: 50_000n }, { imageInputTokens: 40 }, 2_600_000n],
    ["a class without a price", {}, { cachedInputTokens: 40, reasoningTokens: 9 }, 1_000_000n],
    ["a price a call", { perCall: 7_000n }, {}, 1_007_000n],
    ["a class larger than its total", { cachedInput: 1_000n }, { cachedInputTokens: 9_999 }, 100_000n],
  ];
  for (const [what, prices, counts, picoUsd] of classes)
    it(`bills ${what}`, () => {
      const rate: Rate = { input: 10_000n, output: 20_000n, tiers: [], version: "t", ...prices };
      assert.equal(costOf(rate, { inputTokens: 100, outputTokens: 0, ...counts }), picoUsd / 1_000n);
    });

  it("bills reasoning, audio and image output at their own prices", () => {
    const rate: Rate = {
      ...sevenAndTwenty,
      input: 0n,
      output: 1_000n,
      reasoning: 2_000n,
      audioOutput: 5_000n,
    };
    const usage = { inputTokens: 0, outputTokens: 100, reasoningTokens: 30, audioOutputTokens: 10 };
    assert.equal(costOf({ ...rate, imageOutput: 9_000n }, { ...usage, imageOutputTokens: 1 }), 178n);
  });

  it("bills the whole request at a tier's prices once its input passes the bound", () => {
    const dear: Rate = { input: 2_000n, output: 3_000n, tiers: [], version: "t" };
    const dearest: Rate = { input: 9_000n, output: 9_000n, tiers: [], version: "t" };
    const rate: Rate = {
      input: 1_000n,
      output: 1_000n,
      version: "t",
      tiers: [
        { aboveInputTokens: 200, rate: dear },
        { aboveInputTokens: 400, rate: dearest },
      ],
    };
    assert.equal(costOf(rate, { inputTokens: 200, outputTokens: 10 }), 210n);
    assert.equal(costOf(rate, { inputTokens: 201, outputTokens: 10 }), 432n);
    assert.equal(costOf(rate, { inputTokens: 401, outputTokens: 0 }), 3_609n);
  });

  it("bills the service tier that the response names, and the standard one for a name it has no price for", () => {
    const services = new Map([["batch", { ...sevenAndTwenty, input: 3_500_000n }]]);
    const rate = { ...sevenAndTwenty, services };
    const usage = { inputTokens: 1_000, outputTokens: 0 };
    assert.equal(costOf(rate, { ...usage, serviceTier: "batch" }), 3_500_000n);
    assert.equal(costOf(rate, { ...usage, serviceTier: "default" }), 7_000_000n);
  });

  it("counts what is unknown as nothing", () => {
    assert.equal(costOf(sevenAndTwenty, { inputTokens: undefined, outputTokens: undefined }), 0n);
  });
});

describe("ceilingOf()", () => {
  it("is never below the cost of any split into classes, at any tier and service, of at most those tokens", () => {
    fc.assert(
      fc.property(rates(), usages(), fc.nat(50_000), fc.nat(50_000), (rate, usage, moreIn, moreOut) => {
        const inputTokens = (usage.inputTokens ?? 0) + moreIn;
        const outputTokens = (usage.outputTokens ?? 0) + moreOut;
        const cost = costOf(rate, usage);
        assert.ok(ceilingOf(rate, inputTokens, outputTokens) >= cost);
        assert.ok(ceilingOf(rate, inputTokens, outputTokens, usage.serviceTier ?? "default") >= cost);
      }),
      { numRuns: 2_000 },
    );
  });

  it("does not count a tier that the input cannot reach", () => {
    const tier = { aboveInputTokens: 100, rate: { input: 9_000n, output: 9_000n, tiers: [], version: "t" } };
    const rate: Rate = { input: 1_000n, output: 1_000n, tiers: [tier], version: "t" };
    assert.equal(ceilingOf(rate, 100, 1), 101n);
    assert.equal(ceilingOf(rate, 101, 1), 918n);
  });
});

function prices(): fc.Arbitrary<Rate> {
  const price = fc.bigInt({ min: 0n, max: 200_000_000n });
  const optional = { requiredKeys: ["input", "output", "tiers", "version"] as const };
  return fc.record(
    {
      input: price,
      output: price,
      cachedInput: price,
      cacheWrite: price,
      cacheWrite1h: price,
      reasoning: price,
      audioInput: price,
      audioOutput: price,
      imageInput: price,
      imageOutput: price,
      perCall: price,
      tiers: fc.constant([]),
      version: fc.constant("t"),
    },
    { requiredKeys: [...optional.requiredKeys] },
  ) as fc.Arbitrary<Rate>;
}

function tieredPrices(): fc.Arbitrary<Rate> {
  const bounds = fc.uniqueArray(fc.nat(100_000), { maxLength: 3 });
  return fc
    .tuple(prices(), bounds, fc.array(prices(), { minLength: 3, maxLength: 3 }))
    .map(([rate, at, dearer]) => ({
      ...rate,
      tiers: at
        .sort((left, right) => left - right)
        .map((aboveInputTokens, index) => ({ aboveInputTokens, rate: dearer[index]! })),
    }));
}

function rates(): fc.Arbitrary<Rate> {
  return fc
    .tuple(tieredPrices(), fc.option(tieredPrices()), fc.option(tieredPrices()))
    .map(([rate, batch, priority]) => {
      const services = new Map<string, Rate>();
      if (batch !== null) services.set("batch", batch);
      if (priority !== null) services.set("priority", priority);
      return { ...rate, services };
    });
}

function usages(): fc.Arbitrary<Usage> {
  const tokens = fc.nat(120_000);
  return fc.record(
    {
      inputTokens: tokens,
      outputTokens: tokens,
      cachedInputTokens: tokens,
      cacheWriteTokens: tokens,
      cacheWrite1hTokens: tokens,
      reasoningTokens: tokens,
      audioInputTokens: tokens,
      audioOutputTokens: tokens,
      imageInputTokens: tokens,
      imageOutputTokens: tokens,
      serviceTier: fc.constantFrom("batch", "priority", "default"),
    },
    { requiredKeys: ["inputTokens", "outputTokens"] },
  ) as fc.Arbitrary<Usage>;
}
