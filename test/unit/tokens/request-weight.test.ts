import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { imageTokens } from "../../../src/tokens/media/image-weight.ts";
import { type RequestParts, requestWeight } from "../../../src/tokens/request/request-weight.ts";

const empty: RequestParts = {
  messages: 0,
  names: 0,
  tools: 0,
  toolChoices: 0,
  toolObjects: 0,
  toolProperties: 0,
  toolEnumValues: 0,
  formats: 0,
  images: [],
  pages: 0,
  audioSeconds: 0,
  audioSecondsMax: 0,
  videoSeconds: 0,
  videoSecondsMax: 0,
  templateBytes: 0,
  storedReasonings: 0,
  otherTokens: 0,
};

function weigh(model: string, parts: Partial<RequestParts>): number {
  return requestWeight("", model, { ...empty, ...parts }).tokens;
}

describe("requestWeight()", () => {
  it("frames messages and names as OpenAI's cookbook does, and text alone not at all", () => {
    assert.equal(weigh("gpt-4o", { messages: 1 }), 7);
    assert.equal(weigh("gpt-4o", { messages: 3, names: 2 }), 17);
    assert.equal(weigh("text-embedding-3-small", {}), 0);
  });

  it("weighs tools by number and schema", () => {
    const tools = { tools: 2, toolObjects: 1, toolProperties: 5, toolEnumValues: 2 };
    assert.equal(weigh("gpt-4o", tools), 12 + 14 + 3 + 15 + 6);
    assert.equal(weigh("gpt-4o", { ...tools, toolChoices: 1 }), weigh("gpt-4o", tools) + 7);
    assert.equal(weigh("claude-sonnet-4-5", { tools: 1, toolProperties: 2 }), 549 + 53 + 26);
    assert.equal(weigh("claude-sonnet-4-5", { tools: 1, toolProperties: 2, toolChoices: 1 }), 549 + 53 + 26);
    assert.equal(weigh("gemini-2.5-pro", { tools: 1, toolProperties: 2 }), 6);
  });

  it("goes by who renders the request, whatever API it came through", () => {
    const claude = requestWeight("bedrock", "us.anthropic.claude-sonnet-4-5", { ...empty, tools: 1 });
    assert.equal(claude.tokens, weigh("claude-sonnet-4-5", { tools: 1 }));
  });

  it("adds images, documents by their pages, audio, video and formats", () => {
    const size = { width: 512, height: 512 };
    assert.equal(weigh("gpt-4o", { images: [{ size }, { detail: "low" }] }), 255 + 85);
    assert.equal(weigh("gemini-2.5-pro", { pages: 3, audioSeconds: 10, videoSeconds: 2 }), 774 + 320 + 526);
    assert.equal(weigh("claude-sonnet-4-5", { pages: 2 }), 2 * (3000 + 1568));
    assert.equal(weigh("gpt-4o", { messages: 1, formats: 1 }), 7 + 8);
  });

  it("holds pages, sound and film at the most that the vendor states", () => {
    const most = (model: string, parts: Partial<RequestParts>) =>
      requestWeight("", model, { ...empty, ...parts }).tokensMax;
    // Gemini 3 at MEDIA_RESOLUTION_HIGH: 1,120 an image and a page, 280 a frame and second, with 32 of its sound.
    assert.ok(most("gemini-3.8-flash", { images: [{}], pages: 2 }) >= 3 * 1_120);
    assert.ok(most("gemini-3.8-flash", { videoSecondsMax: 60 }) >= 60 * (280 + 32));
    // Gemini 2.5: 256 a page and its text; 256 an image and up to 2,048 for pan and scan.
    assert.ok(most("gemini-2.5-pro", { images: [{}] }) >= 256 + 2_048);
    assert.ok(most("gemini-2.5-pro", { pages: 1 }) >= 256 + 3_000);
    assert.ok(most("gpt-audio", { audioSeconds: 5, audioSecondsMax: 100 }) >= 1_000);
    assert.equal(most("gemini-2.5-pro", { audioSecondsMax: 34_200, videoSecondsMax: 34_200 }), 1_048_576);
  });

  it("says how much it may be at most; what counts itself is certain", () => {
    const { tokens, tokensMax } = requestWeight("", "gpt-4o", { ...empty, messages: 1, otherTokens: 100 });
    assert.deepEqual([tokens, tokensMax], [107, 100 + 7 * 1.25]);
  });
});

describe("imageTokens()", () => {
  const cases: readonly [what: string, model: string, width: number, height: number, tokens: number][] = [
    ["the guide's square", "gpt-4o", 1024, 1024, 765],
    ["the guide's tall image", "gpt-4o", 2048, 4096, 1105],
    ["one tile, as it is billed", "gpt-4o-mini-2024-07-18", 128, 64, 8500],
    ["one tile of a reasoning model, as it is billed", "o3-2025-04-16", 128, 64, 225],
    ["patches once the longer side is brought to 2048", "gpt-4.1-mini", 2400, 1800, 4977],
    ["patches of a nano", "gpt-5-nano", 4000, 1474, 2304],
    ["patches below the limit", "gpt-4.1-mini", 1024, 1024, 1659],
    ["the guide's square of GPT-5.4", "gpt-5.4", 2048, 2048, 3000],
    ["an image of GPT-5.5 at its own size", "gpt-5.5-2026-04-01", 4096, 2048, 9831],
    ["an image of GPT-5.6, which is not resized", "gpt-5.6-sol", 4800, 3200, 18000],
    ["an image of GPT-6, which is not resized", "openai/gpt-6-astra", 9600, 9600, 36000],
    ["tiles of GPT-5.1", "gpt-5.1-2025-11-13", 1024, 1024, 630],
    ["Claude's published example", "claude-sonnet-4-6", 1000, 1000, 1296],
    ["a large image of an older Claude", "us.anthropic.claude-haiku-4-5", 4000, 4000, 1568],
    ["a large image of a later Claude", "claude-opus-4-8", 4000, 4000, 4784],
    ["a small image of Gemini", "gemini-2.5-flash", 384, 300, 258],
    ["crops of Gemini", "gemini-2.5-flash", 1000, 700, 516],
    ["any image of Gemini 3", "gemini-3.8-flash", 64, 64, 1120],
    ["any image of a later Gemini", "models/gemini-pro-latest", 8000, 8000, 1120],
    ["a large image of the Claudes before 4.7", "claude-opus-4.6", 4000, 4000, 1568],
    ["a large image of Opus 4", "claude-opus-4@20250514", 4000, 4000, 1568],
    ["a large image of Sonnet 5", "claude-sonnet-5", 4000, 4000, 4784],
    ["a large image of Mythos", "us.anthropic.claude-mythos-5-2", 4000, 4000, 4784],
    ["an image of Qwen-VL", "qwen/qwen2.5-vl-72b-instruct", 2800, 2800, 10_000],
    ["a model that nobody knows", "my-model", 512, 512, 255],
  ];
  for (const [what, model, width, height, tokens] of cases) {
    it(`weighs ${what}: ${model}`, () =>
      assert.equal(imageTokens(model, { size: { width, height } }), tokens));
  }

  it("goes by the detail that the client asks for, and takes one that nobody knows for the image's own size", () => {
    const size = { width: 3200, height: 3200 };
    const weights = (model: string) =>
      ["low", "high", "auto", "original", "tomorrow"].map((detail) => imageTokens(model, { size, detail }));
    assert.deepEqual(weights("gpt-5.4"), [4916, 3000, 3000, 12000, 12000]);
    assert.deepEqual(weights("gpt-5.5"), [308, 3000, 12000, 12000, 12000]);
    assert.deepEqual(weights("gpt-6-sol"), [308, 3000, 12000, 12000, 12000]);
    assert.equal(imageTokens("gpt-6-sol", { size }), 12000);
  });

  it("takes the most a rule can give when the size is unknown, but for Gemini's crops", () => {
    for (const model of [
      "gpt-4o",
      "gpt-4.1-mini",
      "gpt-5.4",
      "gpt-6-sol",
      "claude-sonnet-4-5",
      "claude-opus-4-7",
    ]) {
      const most = imageTokens(model, {});
      for (const [width, height] of [
        [1, 1],
        [8000, 8000],
        [2048, 768],
        [8000, 100],
        [100, 8000],
        [1500, 1500],
      ] as const) {
        assert.ok(imageTokens(model, { size: { width, height } }) <= most, `${model} ${width}x${height}`);
      }
    }
  });

  it("holds stored reasoning at the most that one answer may have, and all of it at the largest input", () => {
    const most = (storedReasonings: number) =>
      requestWeight("openai", "gpt-5", { ...empty, storedReasonings }).tokensMax;
    assert.ok(most(1) >= 128_000);
    assert.equal(most(2), 2 * most(1));
    assert.equal(most(100), 1_050_000);
    assert.equal(weigh("gpt-5", { storedReasonings: 3 }), 0);
  });
});
