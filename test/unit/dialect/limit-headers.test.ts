import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { anthropicLimitHeaders, openaiLimitHeaders } from "../../../src/dialect/limit-headers.ts";

const nowMs = Date.parse("2026-08-03T12:00:00Z");
const standing = (resetsInMs: number) => ({ limit: 60n, left: 12n, resetsAtMs: nowMs + resetsInMs });

describe("openaiLimitHeaders()", () => {
  it("tells of requests and tokens, and of nothing else", () => {
    const standings = new Map([
      ["requests", standing(1_000)],
      ["output_tokens", standing(1_000)],
    ] as const);
    assert.deepEqual(openaiLimitHeaders(standings, nowMs), [
      ["x-ratelimit-limit-requests", "60"],
      ["x-ratelimit-remaining-requests", "12"],
      ["x-ratelimit-reset-requests", "1s"],
    ]);
  });

  const durations: readonly (readonly [ms: number, text: string])[] = [
    [-5, "0s"],
    [0, "0s"],
    [11.2, "12ms"],
    [999, "999ms"],
    [1_001, "2s"],
    [60_000, "1m0s"],
    [360_000, "6m0s"],
    [86_400_000, "24h0m0s"],
  ];
  for (const [ms, text] of durations)
    it(`writes ${ms} ms as ${text}`, () => {
      const headers = openaiLimitHeaders(new Map([["tokens", standing(ms)]]), nowMs);
      assert.equal(headers.at(-1)?.[1], text);
    });
});

describe("anthropicLimitHeaders()", () => {
  it("tells of every unit, and of resets as instants", () => {
    const standings = new Map([
      ["tokens", standing(90_500)],
      ["input_tokens", standing(0)],
    ] as const);
    assert.deepEqual(anthropicLimitHeaders(standings), [
      ["anthropic-ratelimit-tokens-limit", "60"],
      ["anthropic-ratelimit-tokens-remaining", "12"],
      ["anthropic-ratelimit-tokens-reset", "2026-08-03T12:01:30Z"],
      ["anthropic-ratelimit-input-tokens-limit", "60"],
      ["anthropic-ratelimit-input-tokens-remaining", "12"],
      ["anthropic-ratelimit-input-tokens-reset", "2026-08-03T12:00:00Z"],
    ]);
  });
});
