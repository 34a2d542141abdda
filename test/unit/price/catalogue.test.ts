import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createCatalogue } from "../../../src/price/catalogue.ts";
import { type PriceFile, parsePrices } from "../../../src/price/price-file.ts";
import type { Rate } from "../../../src/price/rate.ts";

const now = Date.parse("2026-06-01");

function priceFile(
  name: string,
  prices: readonly (readonly [model: string, from: string, usd: number])[],
  head = "",
) {
  const entries = prices.map(
    ([model, from, usd]) => `  - { model: ${model}, from: ${from}, input: ${usd}, output: 1 }\n`,
  );
  const file = parsePrices(
    `version: 1\n${head}prices:${entries.length === 0 ? " []" : `\n${entries.join("")}`}\n`,
    name,
  );
  assert.ok(file.kind === "file");
  return file.file;
}

function inputUsd(files: readonly PriceFile[], target: string, atMs = now): number | undefined {
  const [backend = "", provider = "", model = ""] = target.split(" ");
  const rate = createCatalogue(files, new Map()).rateOf(backend, provider, model, atMs);
  return rate === undefined ? undefined : Number(rate.input) / 1e6;
}

describe("createCatalogue()", () => {
  it("takes the newest price that has come", () => {
    const file = priceFile("a", [
      ["openai/m", "2026-05-01", 2],
      ["openai/m", "2026-01-01", 1],
      ["openai/m", "2026-06-02", 3],
    ]);
    assert.equal(inputUsd([file], "b openai m"), 2);
    assert.equal(inputUsd([file], "b openai m", Date.parse("2026-04-30T23:59:59.999Z")), 1);
    assert.equal(inputUsd([file], "b openai m", Date.parse("2026-06-02")), 3);
    assert.equal(inputUsd([file], "b openai m", Date.parse("2025-12-31")), undefined);
  });

  it("takes a backend's name before its provider type, the exact model before a pattern, a longer pattern before a shorter", () => {
    const file = priceFile("a", [
      ["openai/*", "2026-01-01", 1],
      ["openai/gpt*", "2026-01-01", 2],
      ["openai/gpt-4", "2026-01-01", 3],
      ["mine/*", "2026-01-01", 4],
    ]);
    assert.equal(inputUsd([file], "x openai o1"), 1);
    assert.equal(inputUsd([file], "x openai gpt-9"), 2);
    assert.equal(inputUsd([file], "x openai gpt-4"), 3);
    assert.equal(inputUsd([file], "mine openai gpt-4"), 4);
  });

  it("passes over an exact price that has not come for a pattern that has", () => {
    const file = priceFile("a", [
      ["openai/*", "2026-01-01", 1],
      ["openai/gpt-4", "2026-12-01", 3],
    ]);
    assert.equal(inputUsd([file], "x openai gpt-4"), 1);
  });

  it("takes the last file with a match, even a wider and older one", () => {
    const builtin = priceFile("builtin", [["openai/gpt-4", "2026-05-01", 3]]);
    const own = priceFile("own", [["openai/*", "2025-01-01", 1]]);
    assert.equal(inputUsd([builtin, own], "x openai gpt-4"), 1);
    assert.equal(inputUsd([own, builtin], "x openai gpt-4"), 3);
    assert.equal(inputUsd([builtin, priceFile("own", [])], "x openai gpt-4"), 3);
  });

  it("takes a backend's own price before any file", () => {
    const own: Rate = { input: 7n, output: 7n, tiers: [], version: "backend:house" };
    const catalogue = createCatalogue(
      [priceFile("a", [["house/*", "2026-01-01", 1]])],
      new Map([["house", own]]),
    );
    assert.equal(catalogue.rateOf("house", "openai-compatible", "m", now), own);
  });

  it("refuses an unknown model, or prices it at the stated ceiling of the last file that says", () => {
    const ceiling = priceFile("a", [], "unknownModel: { input: 30, output: 120 }\n");
    const refuse = priceFile("b", [], "unknownModel: refuse\n");
    assert.equal(inputUsd([], "x openai m"), undefined);
    assert.equal(inputUsd([ceiling], "x openai m"), 30);
    assert.equal(inputUsd([ceiling, refuse], "x openai m"), undefined);
    assert.equal(inputUsd([refuse, ceiling, priceFile("c", [])], "x openai m"), 30);
  });

  it("says which entry counts and why", () => {
    const catalogue = createCatalogue([priceFile("a", [["openai/gpt*", "2026-01-01", 2]])], new Map());
    const quote = catalogue.quote("x", "openai", "gpt-4", now);
    assert.equal(quote?.from, "a");
    assert.equal(quote?.entry?.line, 3);
    assert.equal(quote?.rate.version, "a:openai/gpt*@2026-01-01");
  });

  it("lists what counts today", () => {
    const first = priceFile("a", [
      ["openai/m", "2026-01-01", 1],
      ["openai/m", "2026-05-01", 2],
      ["openai/n", "2026-05-01", 5],
      ["openai/later", "2027-01-01", 5],
    ]);
    const second = priceFile("b", [["openai/m", "2025-01-01", 9]]);
    const listed = createCatalogue([first, second], new Map()).inForce(now);
    assert.deepEqual(
      listed.map(({ from, rate }) => `${from} ${rate.version} ${rate.input}`),
      ["b b:openai/m@2025-01-01 9000000", "a a:openai/n@2026-05-01 5000000"],
    );
  });
});
