import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { imageTokens } from "../../../src/tokens/image-weight.ts";
import { requestWeight } from "../../../src/tokens/request-weight.ts";

describe("requestWeight()", () => {
  it("frames messages and names as OpenAI's cookbook does", () => {
    assert.equal(requestWeight("openai", "gpt-4o", { messages: 1 }), 7);
    assert.equal(requestWeight("openai", "gpt-4o", { messages: 3, names: 2 }), 17);
  });

  it("weighs tools by number, properties and choice, and nothing without tools", () => {
    const bare = requestWeight("openai", "gpt-4o", { messages: 1 });
    assert.equal(requestWeight("openai", "gpt-4o", { messages: 1, toolChoice: "required" }), bare);
    assert.equal(
      requestWeight("openai", "gpt-4o", { messages: 1, tools: 2, toolProperties: 5 }) - bare,
      12 + 14 + 15,
    );
    assert.equal(
      requestWeight("openai", "gpt-4o", { messages: 1, tools: 2, toolProperties: 5, toolChoice: "named" }) -
        bare,
      12 + 14 + 15 + 4,
    );
    const claude = { messages: 1, tools: 1, toolProperties: 2 };
    assert.equal(requestWeight("anthropic", "claude-sonnet-4-5", claude), 4 + 4 + 549 + 53 + 26);
  });

  it("adds images, documents by their pages, audio and video", () => {
    const size = { width: 512, height: 512 };
    assert.equal(
      requestWeight("openai", "gpt-4o", { messages: 0, images: [{ size }, { detail: "low" }] }),
      3 + 255 + 85,
    );
    const gemini = { messages: 0, documents: [{ pages: 3, bytes: 1e6 }], audioSeconds: 10, videoSeconds: 2 };
    assert.equal(requestWeight("gemini", "gemini-2.5-pro", gemini), 3 + 3 * 258 + 320 + 526);
    const claude = { messages: 0, documents: [{ pages: 2, bytes: 1e6 }] };
    assert.equal(requestWeight("anthropic", "claude-sonnet-4-5", claude), 4 + 2 * (3000 + 1568));
    const unknown = { messages: 0, documents: [{ bytes: 8192 }] };
    assert.equal(requestWeight("anthropic", "claude-sonnet-4-5", unknown), 4 + 2 * (3000 + 1568));
  });
});

describe("imageTokens()", () => {
  const cases: readonly [what: string, model: string, width: number, height: number, tokens: number][] = [
    ["the guide's square", "gpt-4o", 1024, 1024, 765],
    ["the guide's tall image", "gpt-4o", 2048, 4096, 1105],
    ["one tile, as it is billed", "gpt-4o-mini-2024-07-18", 128, 64, 8500],
    ["one tile of a reasoning model, as it is billed", "o3-2025-04-16", 128, 64, 225],
    ["patches at their limit, as they are billed", "gpt-4.1-mini", 2400, 1800, 2489],
    ["patches of a nano, as they are billed", "gpt-5-nano", 4000, 1474, 2304],
    ["patches below the limit", "gpt-4.1-mini", 1024, 1024, 1659],
    ["Claude's published example", "claude-sonnet-4-6", 1000, 1000, 1296],
    ["a large image of an older Claude", "us.anthropic.claude-haiku-4-5", 4000, 4000, 1568],
    ["a large image of a later Claude", "claude-opus-4-8", 4000, 4000, 4784],
    ["a small image of Gemini", "gemini-2.5-flash", 384, 300, 258],
    ["crops of Gemini", "gemini-2.5-flash", 1000, 700, 516],
    ["a model that nobody knows", "my-model", 512, 512, 255],
  ];
  for (const [what, model, width, height, tokens] of cases) {
    it(`weighs ${what}: ${model}`, () =>
      assert.equal(imageTokens(model, { size: { width, height } }), tokens));
  }

  it("takes the most a rule can give when the size is unknown, but for Gemini's crops", () => {
    for (const model of ["gpt-4o", "gpt-4.1-mini", "claude-sonnet-4-5", "claude-opus-4-7"]) {
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
});
