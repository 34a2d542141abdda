import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { assetPath } from "../../../src/core/asset.ts";
import { createCatalogue } from "../../../src/price/catalogue.ts";
import { type PriceEntry, parsePrices, parsePricesJson } from "../../../src/price/price-file.ts";
import type { Rate } from "../../../src/price/rate.ts";

const parsed = parsePrices(readFileSync(assetPath("assets/prices.yaml"), "utf8"), "builtin");
assert.ok(parsed.kind === "file");
const { entries, unknownModel } = parsed.file;
const catalogue = createCatalogue([parsed.file], new Map());
const checkedMs = Date.parse("2026-11-01");

function priceOf(provider: string, model: string, atMs = checkedMs): Rate {
  const rate = catalogue.rateOf("some-backend", provider, model, atMs);
  assert.ok(rate !== undefined, `${provider}/${model} has no price`);
  return rate;
}

const nameOf = (entry: PriceEntry) => entry.rate.version;

describe("the built-in prices", () => {
  it("cover at least 80 models by name, of every large vendor", () => {
    const names = new Set(entries.filter((entry) => !entry.prefix).map((entry) => entry.model));
    assert.ok(names.size >= 80, `${names.size}`);
    const owners = new Set(entries.map((entry) => entry.owner));
    for (const owner of [
      "openai",
      "azure-openai",
      "anthropic",
      "gemini",
      "bedrock",
      "mistral",
      "cohere",
      "groq",
    ])
      assert.ok(owners.has(owner), owner);
  });

  it("refuse a model they do not know", () => {
    assert.deepEqual(unknownModel, { kind: "refuse" });
    assert.equal(catalogue.rateOf("b", "openai", "gpt-99", checkedMs), undefined);
  });

  it("each say where to check them, and none is dated before its vendor sold tokens", () => {
    for (const entry of entries) {
      assert.match(entry.source ?? "", /^https:\/\/[a-z.-]+\//, nameOf(entry));
      assert.ok(entry.fromMs >= Date.parse("2023-01-01"), nameOf(entry));
    }
  });

  it("make sense: reads from a cache cost no more than input, longer writes and longer contexts no less, batches less", () => {
    for (const entry of entries) {
      sensible(entry.rate, nameOf(entry));
      const { services } = entry.rate;
      for (const name of ["batch", "flex"]) {
        const service = services?.get(name);
        if (service !== undefined) assert.ok(service.input < entry.rate.input, nameOf(entry));
      }
      const priority = services?.get("priority");
      if (priority === undefined) continue;
      sensible(priority, nameOf(entry));
      assert.ok(priority.input > entry.rate.input && priority.output > entry.rate.output, nameOf(entry));
    }
  });

  it("never give a token away, but the output that embeddings do not have", () => {
    for (const entry of entries) {
      const { rate } = entry;
      if (rate.perCall !== undefined) continue;
      assert.ok(rate.input > 0n, nameOf(entry));
      if (!/embed|voyage/.test(entry.model)) assert.ok(rate.output > 0n, nameOf(entry));
    }
  });

  it("price long prompts of Haiku 5.5 as its page says", () => {
    const { tiers } = priceOf("anthropic", "claude-haiku-5-5", Date.parse("2026-12-02"));
    const [tier] = tiers;
    assert.equal(tier?.aboveInputTokens, 100_000);
    assert.deepEqual([tier.rate.input, tier.rate.output], [500_000n, 2_500_000n]);
  });

  it("price what the example configuration names", () => {
    for (const [provider, model] of [
      ["openai", "gpt-4.1"],
      ["azure-openai", "gpt-4.1"],
      ["anthropic", "claude-sonnet-4-5"],
      ["openai", "gpt-4.1-mini"],
      ["anthropic", "claude-haiku-4-5"],
      ["bedrock", "us.amazon.nova-lite-v1:0"],
      ["openai", "text-embedding-3-small"],
    ] as const)
      priceOf(provider, model);
  });

  const known: readonly [provider: string, model: string, inputUsd: number, outputUsd: number][] = [
    ["openai", "gpt-4.1", 2, 8],
    ["openai", "gpt-4.1-2025-04-14", 2, 8],
    ["openai", "gpt-4o-mini-2024-07-18", 0.15, 0.6],
    ["openai", "gpt-4o-2024-05-13", 5, 15],
    ["openai", "o3", 2, 8],
    ["anthropic", "claude-sonnet-4-5-20250929", 3, 15],
    ["anthropic", "claude-haiku-4-5-20251001", 1, 5],
    ["gemini", "gemini-2.5-pro", 1.25, 10],
    ["bedrock", "global.anthropic.claude-sonnet-4-5-20250929-v1:0", 3, 15],
    ["bedrock", "eu.anthropic.claude-sonnet-4-5-20250929-v1:0", 3.3, 16.5],
    ["bedrock", "amazon.nova-lite-v1:0", 0.06, 0.24],
    ["openai", "text-embedding-3-small", 0.02, 0],
  ];
  for (const [provider, model, inputUsd, outputUsd] of known)
    it(`have ${provider}/${model} at ${inputUsd} and ${outputUsd} dollars`, () => {
      const { input, output } = priceOf(provider, model);
      assert.deepEqual([Number(input) / 1e6, Number(output) / 1e6], [inputUsd, outputUsd]);
    });

  it("keep what a model cost before its price changed", () => {
    assert.equal(priceOf("openai", "o3", Date.parse("2025-06-09")).input, 10_000_000n);
    assert.equal(priceOf("openai", "o3", Date.parse("2025-06-10")).input, 2_000_000n);
  });
});

function sensible(rate: Rate, name: string): void {
  assert.ok((rate.cachedInput ?? 0n) <= rate.input, `${name}: cachedInput`);
  assert.ok((rate.cacheWrite ?? rate.input) >= rate.input, `${name}: cacheWrite`);
  assert.ok((rate.cacheWrite1h ?? rate.cacheWrite ?? 0n) >= (rate.cacheWrite ?? 0n), `${name}: cacheWrite1h`);
  assert.ok(rate.perCall !== undefined || rate.output === 0n || rate.output >= rate.input, `${name}: output`);
  for (const tier of rate.tiers) {
    assert.ok(tier.rate.input >= rate.input && tier.rate.output >= rate.output, `${name}: tiers`);
    sensible(tier.rate, `${name} above ${tier.aboveInputTokens}`);
  }
}

describe("assets/prices.json", () => {
  it("says what assets/prices.yaml says: else run `npm run build:prices`", () => {
    const ahead = parsePricesJson(readFileSync(assetPath("assets/prices.json"), "utf8"), "builtin");
    assert.deepEqual(ahead, parsed);
  });
});
