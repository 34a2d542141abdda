import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { readChat } from "../../../src/dialect/openai-chat/events.ts";
import { ResponseState } from "../../../src/dialect/response-state.ts";
import { compareWithTotal } from "../../../src/dialect/usage-total.ts";

const usage = { inputTokens: 1000, outputTokens: 150 };

describe("a usage beside its total", () => {
  const told: Readonly<
    Record<string, readonly [more: object, total: number | undefined, is: object, doubtful: boolean]>
  > = {
    "is right where both agree": [{ reasoningTokens: 100 }, 1150, { outputTokens: 150 }, false],
    "is right without a total": [{}, undefined, { outputTokens: 150 }, false],
    "has reasoning beside the output": [{ reasoningTokens: 280 }, 1430, { outputTokens: 430 }, false],
    "has cached input beside the prompt": [{ cachedInputTokens: 640 }, 1790, { inputTokens: 1640 }, false],
    "has output that nothing explains": [{}, 1400, { outputTokens: 400 }, false],
    "contradicts itself: more reasoning than output": [
      { reasoningTokens: 280 },
      1150,
      { outputTokens: 430 },
      true,
    ],
    "contradicts itself: more cached than input": [
      { cachedInputTokens: 1200 },
      1150,
      { inputTokens: 2200 },
      true,
    ],
    "has a total that is too small": [{}, 7, { outputTokens: 150 }, false],
  };
  for (const [what, [more, total, is, doubtful]] of Object.entries(told))
    it(what, () => {
      const compared = compareWithTotal({ ...usage, ...more }, total);
      assert.deepEqual(compared, { usage: { ...usage, ...more, ...is }, isDoubtful: doubtful });
    });
});

describe("the usage of a chat answer", () => {
  const counts = { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15, cached_tokens: 4 };
  for (const [where, answer] of Object.entries({
    "at its top": { usage: counts },
    "inside a choice": { choices: [{ index: 0, delta: {}, usage: counts }] },
    "inside x_groq": { choices: [], x_groq: { id: "r", usage: counts } },
  }))
    it(`is found ${where}`, () => {
      const seen = new ResponseState(() => {});
      readChat(answer, seen);
      assert.deepEqual(seen.usage, { inputTokens: 10, outputTokens: 5, cachedInputTokens: 4 });
    });
});
