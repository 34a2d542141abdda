import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type PriceFile, type PriceProblem, parsePrices } from "../../../src/price/price-file.ts";

const entry = (lines: string) =>
  `version: 1\nprices:\n  - model: openai/gpt-4.1\n    from: 2026-01-01\n${lines.replace(/^/gm, "    ")}\n`;

function parsed(text: string): PriceFile {
  const file = parsePrices(text, "prices.yaml");
  assert.ok(file.kind === "file");
  return file.file;
}

function problems(text: string): readonly PriceProblem[] {
  const found = parsePrices(text, "prices.yaml");
  assert.ok(found.kind === "problems");
  return found.problems;
}

describe("parsePrices()", () => {
  it("reads decimals as they are written, in pico-dollars a token", () => {
    const { rate } = parsed(entry("input: 0.1\noutput: 0.3\ncachedInput: 0.000001")).entries[0]!;
    assert.deepEqual([rate.input, rate.output, rate.cachedInput], [100_000n, 300_000n, 1n]);
    assert.equal(rate.version, "prices.yaml:openai/gpt-4.1@2026-01-01");
  });

  it("reads prices per 1K tokens, per call and per hour", () => {
    const per1K = parsed(entry("per: 1K tokens\ninput: 0.000035\noutput: 0.00014")).entries[0]!.rate;
    assert.deepEqual([per1K.input, per1K.output], [35_000n, 140_000n]);
    const perCall = parsed(entry("per: 1 call\nprice: 0.002")).entries[0]!.rate;
    assert.deepEqual([perCall.input, perCall.output, perCall.perCall], [0n, 0n, 2_000_000_000n]);
    const perHour = parsed(entry("per: 1h\nprice: 2.40\nassumedTokensPerHour: 7000000")).entries[0]!.rate;
    assert.deepEqual([perHour.input, perHour.output], [342_858n, 342_858n]);
  });

  it("multiplies standard prices and tiers for a service tier, rounded up, or takes its own", () => {
    const text = entry(
      "input: 3\noutput: 15\ntiers: [{ aboveInputTokens: 200000, input: 6, output: 22.5 }]\nbatch: 0.5\npriority: { input: 4, output: 20 }",
    );
    const { services } = parsed(text).entries[0]!.rate;
    assert.equal(services?.get("batch")?.input, 1_500_000n);
    assert.equal(services?.get("batch")?.tiers[0]?.rate.output, 11_250_000n);
    assert.deepEqual(services?.get("priority")?.tiers, []);
    assert.equal(services?.get("priority")?.output, 20_000_000n);
  });

  it("gives several names the same prices", () => {
    const text = entry("input: 1\noutput: 2").replace(
      "openai/gpt-4.1",
      "[openai/gpt-4.1, openai/gpt-4.1-20*]",
    );
    const { entries } = parsed(text);
    assert.deepEqual(
      entries.map(({ model, prefix, rate }) => [model, prefix, rate.version]),
      [
        ["gpt-4.1", false, "prices.yaml:openai/gpt-4.1@2026-01-01"],
        ["gpt-4.1-20", true, "prices.yaml:openai/gpt-4.1-20*@2026-01-01"],
      ],
    );
  });

  it("tells an exact model from a pattern", () => {
    const file = parsed(entry("input: 1\noutput: 2").replace("gpt-4.1", "gpt-4.1*"));
    assert.deepEqual([file.entries[0]?.model, file.entries[0]?.prefix], ["gpt-4.1", true]);
  });

  const mistakes: readonly [what: string, text: string, path: string, at: string, message: RegExp][] = [
    ["a missing output price", entry("input: 1"), "prices[0].output", "3:5", /decimal US dollars/],
    [
      "a price that is no decimal",
      entry("input: 1e3\noutput: 1"),
      "prices[0].input",
      "5:5",
      /decimal US dollars/,
    ],
    ["a price too fine to hold", entry("input: 0.0000001\noutput: 1"), "prices[0]", "3:5", /decimal places/],
    ["an unknown key", entry("input: 1\noutput: 1\ncached: 1"), "prices[0].cached", "7:5", /not a known key/],
    ["an unknown unit", entry("per: 1G tokens\ninput: 1\noutput: 1"), "prices[0].per", "5:5", /1M tokens/],
    ["an hour without tokens", entry("per: 1h\nprice: 2"), "prices[0].assumedTokensPerHour", "3:5", /tokens/],
    [
      "a day that is none",
      entry("input: 1\noutput: 1").replace("01-01", "02-30"),
      "prices[0].from",
      "4:5",
      /date/,
    ],
    [
      "a model without owner",
      entry("input: 1\noutput: 1").replace("openai/", ""),
      "prices[0].model",
      "3:5",
      /model/,
    ],
    [
      "tiers out of order",
      entry(
        "input: 1\noutput: 1\ntiers:\n  - { aboveInputTokens: 9, input: 1, output: 1 }\n  - { aboveInputTokens: 5, input: 1, output: 1 }",
      ),
      "prices[0]",
      "3:5",
      /ascending/,
    ],
    ["another version", "version: 2\nprices: []\n", "version", "1:1", /must be 1/],
    ["a YAML mistake", "version: 1\nprices: [\n", "", "3:1", /./],
    ["a key given twice", "version: 1\nversion: 1\nprices: []\n", "", "2:1", /unique/],
    [
      "an unreadable rule for unknown models",
      "version: 1\nunknownModel: allow\nprices: []\n",
      "unknownModel",
      "2:1",
      /refuse/,
    ],
  ];
  for (const [what, text, path, at, message] of mistakes)
    it(`says where ${what} is`, () => {
      const [problem, ...others] = problems(text);
      assert.deepEqual(others, []);
      assert.equal(problem?.path, path);
      assert.equal(`${problem?.line}:${problem?.column}`, at);
      assert.match(problem?.message ?? "", message);
    });

  it("names the same price given twice, and every mistake at once", () => {
    const twice = `${entry("input: 1\noutput: 1")}  - model: openai/gpt-4.1\n    from: 2026-01-01\n    input: 2\n    output: 2\n`;
    assert.match(problems(twice)[0]?.message ?? "", /already/);
    assert.equal(problems(entry("input: x\noutput: y\nfoo: 1")).length, 3);
  });
});
