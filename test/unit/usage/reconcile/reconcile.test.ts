import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type InvoiceLine, parseInvoice } from "../../../../src/usage/reconcile/invoice.ts";
import { invoicePeriod, reconcile } from "../../../../src/usage/reconcile/reconcile.ts";

const dayMs = 86_400_000;
const startMs = Date.parse("2026-11-01T00:00:00Z");

function linesOf(document: unknown): readonly InvoiceLine[] {
  const parsed = parseInvoice(typeof document === "string" ? document : JSON.stringify(document));
  assert.ok(parsed.kind === "lines", JSON.stringify(parsed));
  return parsed.lines;
}

const openaiPage = (...results: readonly object[]) => ({
  object: "page",
  data: [{ object: "bucket", start_time: startMs / 1_000, end_time: (startMs + dayMs) / 1_000, results }],
});

const bedrockLine = (requestId: string, input: number, output: number) => ({
  schemaType: "ModelInvocationLog",
  timestamp: "2026-11-01T10:00:00Z",
  requestId,
  modelId: "arn:aws:bedrock:us-east-1:1:inference-profile/us.amazon.nova-lite-v1:0",
  input: { inputTokenCount: input, cacheReadInputTokenCount: 7 },
  output: { outputTokenCount: output },
});

const call = (target: string, input: number, output: number, more: Record<string, unknown> = {}) => ({
  exchange_id: `x-${input}`,
  time: "2026-11-01T10:00:00.000Z",
  attempts: [{ target, usage: { input_tokens: input, output_tokens: output }, ...more }],
});

describe("parseInvoice()", () => {
  it("reads OpenAI's usage, whose input includes what was cached", () => {
    const result = {
      model: "gpt-4.1-2025-04-14",
      input_tokens: 100,
      input_cached_tokens: 40,
      output_tokens: 9,
    };
    assert.deepEqual(linesOf(openaiPage({ ...result, num_model_requests: 3 })), [
      {
        model: "gpt-4.1-2025-04-14",
        startMs,
        endMs: startMs + dayMs,
        requestId: undefined,
        calls: 3,
        inputTokens: 100,
        outputTokens: 9,
      },
    ]);
  });

  it("reads Anthropic's usage report, whose input leaves the cache out", () => {
    const [line] = linesOf({
      data: [
        {
          starting_at: "2026-11-01T00:00:00Z",
          ending_at: "2026-11-02T00:00:00Z",
          results: [
            {
              model: "claude-haiku-4-5-20251001",
              uncached_input_tokens: 10,
              cache_read_input_tokens: 20,
              cache_creation: { ephemeral_5m_input_tokens: 3, ephemeral_1h_input_tokens: 4 },
              output_tokens: 5,
            },
          ],
        },
      ],
    });
    assert.deepEqual([line?.inputTokens, line?.outputTokens, line?.calls], [37, 5, undefined]);
  });

  it("reads Bedrock's invocation log line by line, models named by ARN too", () => {
    const text = `${JSON.stringify(bedrockLine("r1", 10, 5))}\n${JSON.stringify(bedrockLine("r2", 1, 1))}\n`;
    const [first, second, ...others] = linesOf(text);
    assert.deepEqual(others, []);
    assert.deepEqual(
      [first?.requestId, first?.model, first?.inputTokens, first?.outputTokens],
      ["r1", "us.amazon.nova-lite-v1:0", 17, 5],
    );
    assert.equal(second?.requestId, "r2");
  });

  for (const [what, text, message] of [
    ["text", "Date,Amount\n", /neither JSON nor lines/],
    ["another document", '{"foo":1}', /entry 1 is no usage/],
    [
      "usage without models",
      JSON.stringify(openaiPage({ model: null, input_tokens: 1 })),
      /grouped by model/,
    ],
  ] as const)
    it(`says why it cannot read ${what}`, () => {
      const parsed = parseInvoice(text);
      assert.ok(parsed.kind === "problem");
      assert.match(parsed.message, message);
    });
});

describe("reconcile()", () => {
  const openai = new Set(["openai"]);
  const page = openaiPage({ model: "gpt-4.1", input_tokens: 30, output_tokens: 3, num_model_requests: 2 });

  it("finds nothing where records and bill agree, whatever went elsewhere or before", async () => {
    const records = [
      call("openai/gpt-4.1", 10, 1),
      call("openai/gpt-4.1", 20, 2),
      call("claude/gpt-4.1", 99, 9),
      { ...call("openai/gpt-4.1", 99, 9), time: "2026-10-31T23:59:59.999Z" },
      { attempts: [{ target: "openai/gpt-4.1", status: 503 }] },
    ];
    const { differences, theirs } = await reconcile(linesOf(page), records, openai);
    assert.deepEqual(differences, []);
    assert.deepEqual(theirs, { calls: 2, inputTokens: 30, outputTokens: 3 });
  });

  it("counts failed attempts that were billed, and names models as the provider does", async () => {
    const failed = { target: "openai/gpt-4.1", usage: { input_tokens: 10, output_tokens: 1 } };
    const answered = { target: "openai/alias", usage: { input_tokens: 20, output_tokens: 2 } };
    const record = { ...call("", 0, 0), response_model: "gpt-4.1", attempts: [failed, answered] };
    assert.deepEqual((await reconcile(linesOf(page), [record], openai)).differences, []);
  });

  it("finds the one call that is missing, by model and day", async () => {
    const records = [call("openai/gpt-4.1", 10, 1), call("openai/gpt-5", 1, 1)];
    const { differences } = await reconcile(linesOf(page), records, openai);
    assert.deepEqual(
      differences.map(({ model, theirs, ours }) => [model, theirs?.calls, ours?.calls, ours?.inputTokens]),
      [
        ["gpt-4.1", 2, 1, 10],
        ["gpt-5", undefined, 1, 1],
      ],
    );
  });

  it("compares call by call where the provider's ids are known", async () => {
    const lines = linesOf([
      bedrockLine("same", 10, 5),
      bedrockLine("differs", 10, 5),
      bedrockLine("theirs", 1, 1),
    ]);
    const target = "bedrock/us.amazon.nova-lite-v1:0";
    const records = [
      call(target, 17, 5, { request_id: "same" }),
      call(target, 18, 5, { request_id: "differs" }),
      call(target, 19, 5, { request_id: "ours" }),
    ];
    const { differences } = await reconcile(lines, records, new Set(["bedrock"]));
    assert.deepEqual(
      differences.map(({ requestId, exchangeId, theirs, ours }) => [
        requestId,
        exchangeId,
        theirs?.inputTokens,
        ours?.inputTokens,
      ]),
      [
        ["differs", "x-18", 17, 18],
        ["theirs", undefined, 8, undefined],
        ["ours", "x-19", undefined, 19],
      ],
    );
  });

  it("compares sums where the records lack the provider's ids", async () => {
    const lines = linesOf([bedrockLine("a", 10, 5), bedrockLine("b", 10, 5)]);
    const records = [call("bedrock/us.amazon.nova-lite-v1:0", 34, 10)];
    const { differences } = await reconcile(lines, records, new Set(["bedrock"]));
    assert.deepEqual(
      differences.map(({ theirs, ours }) => [theirs?.calls, ours?.calls]),
      [[2, 1]],
    );
  });

  it("covers the time from the first line to the last, and what a log of calls may enter late", () => {
    assert.deepEqual(invoicePeriod(linesOf(page)), { sinceMs: startMs, untilMs: startMs + dayMs });
    const at = Date.parse("2026-11-01T10:00:00Z");
    assert.deepEqual(invoicePeriod(linesOf([bedrockLine("a", 1, 1)])), {
      sinceMs: at - 3_600_000,
      untilMs: at + 1,
    });
  });

  it("takes a call for its late entry, and none from before the export for missing on it", async () => {
    const target = "bedrock/us.amazon.nova-lite-v1:0";
    const early = { ...call(target, 17, 5, { request_id: "a" }), time: "2026-11-01T09:59:00.000Z" };
    const earlier = { ...call(target, 1, 1, { request_id: "before" }), time: "2026-11-01T09:30:00.000Z" };
    const { differences } = await reconcile(
      linesOf([bedrockLine("a", 10, 5)]),
      [early, earlier],
      new Set(["bedrock"]),
    );
    assert.deepEqual(differences, []);
  });
});
