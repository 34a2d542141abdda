import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { headersOf } from "../../../src/core/headers.ts";
import { AnswerTail, answerTailBytes, lastMembers } from "../../../src/dialect/answer-tail.ts";
import type { ResponseSeen } from "../../../src/dialect/dialect.ts";
import { dialects } from "../../../src/dialect/index.ts";
import { wholeAnswerBytesMax } from "../../../src/dialect/whole-response.ts";
import type { Usage } from "../../../src/usage/usage.ts";
import { Random } from "../../support/core/random.ts";

const keys = new Set(["usage", "model", "a", "b", 'u"s\\']);

describe("lastMembers()", () => {
  it("finds the members of the object itself, whatever strings and deeper values look like", () => {
    const planted = { usage: { output_tokens: 1 } };
    const texts = [
      '","usage":{"output_tokens":1}}',
      '\\","usage":{"output_tokens":1}}',
      '\\\\"}],"usage":{"output_tokens":1}}\\',
      JSON.stringify(planted),
      "}}]]{[\\",
      '"',
    ];
    for (const text of texts) {
      const answer = { content: [{ text, input: planted }], usage: { output_tokens: 7 }, last: text };
      for (const space of [0, 2])
        assert.deepEqual(lastMembers(Buffer.from(JSON.stringify(answer, null, space)), keys), {
          usage: { output_tokens: 7 },
        });
      const without = { content: [{ text, input: planted }], last: text };
      assert.deepEqual(lastMembers(Buffer.from(JSON.stringify(without)), keys), {});
    }
  });

  it("finds of random objects, cut anywhere, what JSON.parse finds of the whole, and nothing else", () => {
    const random = new Random(23);
    for (let times = 0; times < 3_000; times++) {
      const whole = randomObject(random, 3);
      const bytes = Buffer.from(JSON.stringify(whole, null, random.pick([0, 1])));
      const expected = Object.fromEntries(Object.entries(whole).filter(([key]) => keys.has(key)));
      assert.deepEqual({ ...lastMembers(bytes, keys) }, expected);
      const cut = bytes.subarray(random.below(bytes.length));
      for (const [key, value] of Object.entries(lastMembers(cut, keys)))
        assert.deepEqual(value, expected[key], `${key} of ${cut} of ${bytes}`);
    }
  });

  it("finds nothing in what does not end as an object does, and takes the last of two members of one name", () => {
    for (const text of [
      "",
      "}",
      '"usage":1',
      '{"usage":1',
      '[{"usage":1}]',
      '{"usage":1} x',
      "{}",
      'usage":1}',
    ])
      assert.deepEqual(lastMembers(Buffer.from(text), keys), {}, text);
    assert.deepEqual(lastMembers(Buffer.from('{"usage":1,"usage":2}'), keys), { usage: 2 });
  });

  it("reads the worst of tails in little time", () => {
    for (const text of [
      '"'.repeat(65_000),
      '\\"'.repeat(32_000),
      "[".repeat(65_000),
      "]".repeat(65_000),
      "\\".repeat(65_000),
    ]) {
      const startedMs = performance.now();
      for (const end of ["}", '"}', "]}"]) lastMembers(Buffer.from(text + end), keys);
      assert.ok(performance.now() - startedMs < 500, text.slice(0, 10));
    }
  });
});

describe("AnswerTail", () => {
  it("keeps the last bytes of pieces of any size", () => {
    const random = new Random(5);
    const tail = new AnswerTail();
    const pieces = Array.from({ length: 400 }, (_, at) => Buffer.alloc(random.below(3_000), at % 256));
    for (const piece of pieces) tail.push(piece);
    assert.deepEqual(tail.take(), Buffer.concat(pieces).subarray(-answerTailBytes));
    assert.equal(tail.take().length, 0);
  });
});

interface Format {
  readonly path: string;
  readonly request: object;
  /** The answer around a text, with what looks like a usage in the text and beside it. */
  readonly answer: (text: string, usage: boolean) => object;
  readonly usage: Usage;
}

const messages = [{ role: "user", content: "hi" }];
const fakeUsage = {
  ...{ input_tokens: 1, output_tokens: 1, prompt_tokens: 1, completion_tokens: 1, inputTokens: 1 },
  ...{ outputTokens: 1, totalTokens: 2, promptTokenCount: 1, candidatesTokenCount: 1 },
};
const planted = `","usage":${JSON.stringify(fakeUsage)},"usageMetadata":${JSON.stringify(fakeUsage)}}`;
const deeper = { usage: fakeUsage, usageMetadata: fakeUsage };
const claude = (text: string, usage: boolean) => ({
  ...{ id: "m", type: "message", role: "assistant", model: "c" },
  content: [
    { type: "text", text },
    { type: "tool_use", id: "t", name: "f", input: deeper },
  ],
  stop_reason: "end_turn",
  ...(usage ? { usage: { input_tokens: 10, output_tokens: 5 } } : {}),
});

const formats: Readonly<Record<string, Format>> = {
  "OpenAI chat": {
    path: "/v1/chat/completions",
    request: { model: "m", messages },
    answer: (text, usage) => ({
      choices: [
        { index: 0, finish_reason: "stop", message: { role: "assistant", content: text, extra: deeper } },
      ],
      ...(usage ? { usage: { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 } } : {}),
      system_fingerprint: "f",
    }),
    usage: { inputTokens: 10, outputTokens: 5 },
  },
  "OpenAI Responses": {
    path: "/v1/responses",
    request: { model: "m", input: "hi" },
    answer: (text, usage) => ({
      ...{ object: "response", status: "completed" },
      output: [{ type: "message", content: [{ type: "output_text", text, extra: deeper }] }],
      ...(usage ? { usage: { input_tokens: 10, output_tokens: 5 } } : {}),
      metadata: deeper,
    }),
    usage: { inputTokens: 10, outputTokens: 5 },
  },
  "OpenAI embeddings": {
    path: "/v1/embeddings",
    request: { model: "m", input: "hi" },
    answer: (text, usage) => ({
      data: [{ object: "embedding", index: 0, embedding: text, extra: deeper }],
      ...(usage ? { usage: { prompt_tokens: 10, total_tokens: 10 } } : {}),
    }),
    usage: { inputTokens: 10, outputTokens: 0 },
  },
  "Anthropic Messages": {
    path: "/v1/messages",
    request: { model: "m", max_tokens: 5, messages },
    answer: claude,
    usage: { inputTokens: 10, outputTokens: 5 },
  },
  "Bedrock InvokeModel": {
    path: "/model/anthropic.claude/invoke",
    request: { anthropic_version: "bedrock-2023-05-31", max_tokens: 5, messages },
    answer: claude,
    usage: { inputTokens: 10, outputTokens: 5 },
  },
  "Bedrock Converse": {
    path: "/model/anthropic.claude/converse",
    request: { messages: [{ role: "user", content: [{ text: "hi" }] }] },
    answer: (text, usage) => ({
      output: {
        message: { role: "assistant", content: [{ text }, { toolUse: { name: "f", input: deeper } }] },
      },
      stopReason: "end_turn",
      ...(usage ? { usage: { inputTokens: 10, outputTokens: 5, totalTokens: 15 } } : {}),
      metrics: { latencyMs: 1 },
    }),
    usage: { inputTokens: 10, outputTokens: 5 },
  },
  "Gemini generateContent": {
    path: "/v1beta/models/g:generateContent",
    request: { contents: [{ role: "user", parts: [{ text: "hi" }] }] },
    answer: (text, usage) => ({
      candidates: [
        {
          content: { parts: [{ text }, { functionCall: { name: "f", args: deeper } }] },
          finishReason: "STOP",
        },
      ],
      ...(usage ? { usageMetadata: { promptTokenCount: 10, candidatesTokenCount: 5 } } : {}),
      modelVersion: "g",
    }),
    usage: { inputTokens: 10, outputTokens: 5 },
  },
};

describe("an answer that is too large to be read", () => {
  const filling = Buffer.alloc(4_194_304, "a");

  for (const [title, format] of Object.entries(formats)) {
    it(`tells its usage at its end, and no other that it holds: ${title}`, () => {
      const seen = pass(format, JSON.stringify(format.answer(`FILL${planted}`, true)));
      assert.deepEqual(
        [seen.unread, seen.complete, seen.error, seen.usagePartial],
        [true, true, undefined, false],
      );
      const { inputTokens, outputTokens } = seen.usage ?? {};
      assert.deepEqual({ inputTokens, outputTokens }, format.usage);
    });

    it(`tells no usage where it has none at its end: ${title}`, () => {
      const seen = pass(format, JSON.stringify(format.answer(`FILL${planted}`, false)));
      assert.deepEqual(
        [seen.unread, seen.complete, seen.error, seen.usage],
        [true, true, undefined, undefined],
      );
    });
  }

  /** Passes an answer in which `FILL` stands for more than is read. */
  function pass({ path, request }: Format, answer: string): ResponseSeen {
    const [before = "", behind = ""] = answer.split("FILL");
    for (const dialect of dialects) {
      const operation = dialect.match("POST", path);
      if (operation === undefined) continue;
      const facts = dialect.inspect(Buffer.from(JSON.stringify(request)), operation);
      const headers = headersOf({ "content-type": "application/json" });
      const transform = dialect.passResponse({ status: 200, headers, facts, onText: () => {} });
      transform.push(Buffer.from(before), false);
      for (let bytes = 0; bytes <= wholeAnswerBytesMax; bytes += filling.length)
        transform.push(filling, false);
      transform.push(Buffer.from(behind), true);
      return transform.seen;
    }
    return assert.fail(`${path} is nobody's`);
  }
});

function randomObject(random: Random, depth: number): Record<string, unknown> {
  const object: Record<string, unknown> = {};
  for (let members = random.below(5); members > 0; members--)
    object[random.pick([...keys, "c", 'x"', "\\"])] = randomValue(random, depth);
  return object;
}

function randomValue(random: Random, depth: number): unknown {
  const scalars = [1, -2.5e-7, true, null, "", '"', "\\", '\\"', '{"a":1}', '","a":1}', "é\n\u0000", "]}"];
  if (depth === 0 || random.once(2)) return random.pick(scalars);
  if (random.once(2)) return randomObject(random, depth - 1);
  return Array.from({ length: random.below(4) }, () => randomValue(random, depth - 1));
}
