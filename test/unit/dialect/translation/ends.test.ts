import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { DialectName } from "../../../../src/dialect/dialect.ts";
import { translationRequests } from "../../../fixtures/translation-requests.ts";
import { clientDialects, dialectOf, factsOf, translateAnswer } from "../../../support/dialect/translation.ts";

/** Words for an end that typed clients of each format know. */
const known: Readonly<Record<string, readonly string[]>> = {
  "openai-chat": ["stop", "length", "tool_calls", "content_filter", "function_call"],
  "openai-responses": ["completed", "incomplete", "failed"],
  "anthropic-messages": ["end_turn", "max_tokens", "stop_sequence", "tool_use", "pause_turn", "refusal"],
  "bedrock-converse": [
    "end_turn",
    "tool_use",
    "max_tokens",
    "stop_sequence",
    "content_filtered",
    "malformed_model_output",
  ],
  "gemini-generate": ["STOP", "MAX_TOKENS", "SAFETY", "OTHER"],
};
const usage = {
  "openai-chat": { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 },
  "anthropic-messages": { input_tokens: 3, output_tokens: 2 },
};
/** A whole answer that ended for a reason. */
const answers: { readonly [Name in DialectName]?: (reason: string, more?: object) => object } = {
  "openai-chat": (reason, more = {}) => ({
    model: "m",
    choices: [{ index: 0, message: { role: "assistant", content: "x", ...more }, finish_reason: reason }],
    usage: usage["openai-chat"],
  }),
  "anthropic-messages": (reason) => ({
    ...{ type: "message", model: "m", content: [{ type: "text", text: "x" }] },
    ...{ stop_reason: reason, stop_sequence: null, usage: usage["anthropic-messages"] },
  }),
  "bedrock-converse": (reason) => ({
    output: { message: { role: "assistant", content: [{ text: "x" }] } },
    ...{ stopReason: reason, usage: { inputTokens: 3, outputTokens: 2, totalTokens: 5 } },
  }),
  "gemini-generate": (reason, more) => ({
    candidates: [
      {
        index: 0,
        content: { role: "model", parts: [{ text: "x" }, ...(more === undefined ? [] : [more])] },
        finishReason: reason,
      },
    ],
    usageMetadata: { promptTokenCount: 3, candidatesTokenCount: 2, totalTokenCount: 5 },
  }),
};
const reasons: { readonly [Name in DialectName]?: readonly string[] } = {
  "openai-chat": ["stop", "length", "content_filter", "error", "eos", "abort", "end_turn", "tool_calls"],
  "anthropic-messages": [
    "end_turn",
    "max_tokens",
    "stop_sequence",
    "refusal",
    "pause_turn",
    "model_context_window_exceeded",
    "new",
  ],
  "bedrock-converse": [
    "end_turn",
    "max_tokens",
    "guardrail_intervened",
    "content_filtered",
    "malformed_model_output",
    "new",
  ],
  "gemini-generate": [
    "STOP",
    "MAX_TOKENS",
    "SAFETY",
    "MALFORMED_FUNCTION_CALL",
    "OTHER",
    "UNEXPECTED_TOOL_CALL",
    "NEW_ONE",
  ],
};

function whole(client: DialectName, upstream: DialectName, answer: object) {
  const body = Buffer.from(JSON.stringify(translationRequests[client]!.error));
  const facts = factsOf(dialectOf(client), body, false);
  const bytes = Buffer.from(JSON.stringify(answer));
  const { bytes: out, lost } = translateAnswer(dialectOf(client), dialectOf(upstream), facts, [bytes]);
  return { json: JSON.parse(out.toString()), text: out.toString(), lost };
}

const pairs = clientDialects.flatMap(({ name: client }) =>
  Object.keys(answers)
    .filter((upstream) => upstream !== client)
    .map((upstream) => [client, upstream as DialectName] as const),
);

describe("why an answer ended", () => {
  for (const [client, upstream] of pairs)
    it(`is said in a word of ${client}, whatever ${upstream} calls it`, () => {
      for (const reason of reasons[upstream] ?? []) {
        const { json } = whole(client, upstream, answers[upstream]!(reason));
        const word =
          json.choices?.[0].finish_reason ??
          json.stop_reason ??
          json.stopReason ??
          json.candidates?.[0].finishReason ??
          json.status;
        assert.ok(known[client]!.includes(word), `${reason}: ${word}`);
      }
    });
});

describe("output that only some formats have a place for", () => {
  const png = "iVBORw0KGgo=";
  const picture = { "gemini-generate": { inlineData: { mimeType: "image/png", data: png } } };
  for (const { name: client } of clientDialects.filter(({ name }) => name !== "gemini-generate"))
    it(`is shown to ${client} or named as lost: a picture`, () => {
      const { text, lost } = whole(
        client,
        "gemini-generate",
        answers["gemini-generate"]!("STOP", picture["gemini-generate"]),
      );
      assert.ok(text.includes(png) !== lost.has("images"), text);
    });

  it("is shown to a Gemini client: a picture of a chat server", () => {
    const images = [{ type: "image_url", image_url: { url: `data:image/png;base64,${png}` } }];
    const { json } = whole("gemini-generate", "openai-chat", answers["openai-chat"]!("stop", { images }));
    assert.deepEqual(json.candidates[0].content.parts.at(-1), picture["gemini-generate"]);
  });

  const others: readonly (readonly [DialectName, object, string])[] = [
    ["openai-chat", { audio: { id: "a", data: "AA==", transcript: "said" } }, "audio"],
    ["openai-chat", { annotations: [{ type: "url_citation" }] }, "citations"],
    ["gemini-generate", { inlineData: { mimeType: "audio/wav", data: "AA==" } }, "audio"],
    ["gemini-generate", { executableCode: { code: "1", language: "PYTHON" } }, "code"],
  ];
  for (const [upstream, more, kind] of others)
    for (const { name: client } of clientDialects.filter(({ name }) => name !== upstream))
      it(`is named as lost to ${client}: ${kind} of ${upstream}`, () => {
        const { lost } = whole(
          client,
          upstream,
          answers[upstream]!(upstream === "openai-chat" ? "stop" : "STOP", more),
        );
        assert.ok(lost.has(kind as "audio"));
      });
});
