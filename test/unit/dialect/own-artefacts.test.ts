import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { DialectName } from "../../../src/dialect/dialect.ts";
import { foldStream, streamFacts } from "../../support/dialect/chat-of.ts";
import { dialectOf, factsOf, translateAnswer } from "../../support/dialect/translation.ts";

const proof = "A".repeat(400);
const long = `call_1__thought__${proof}`;

/** The history of each format after answers of other vendors, and what its own provider may get of it. */
const histories: { readonly [Name in DialectName]?: readonly [history: object, sent: object] } = {
  "openai-chat": [
    {
      messages: [
        { role: "user", content: "hi" },
        {
          role: "assistant",
          content: null,
          reasoning_content: "hm",
          thinking_blocks: [
            { type: "thinking", thinking: "hm", signature: `tollgate:${proof}` },
            { type: "redacted_thinking", data: `tollgate:${proof}` },
          ],
          tool_calls: [{ id: long, type: "function", function: { name: "f", arguments: "{}" } }],
        },
        // What a server that speaks chat itself has signed is its own.
        {
          role: "assistant",
          content: "x",
          thinking_blocks: [{ type: "thinking", thinking: "a", signature: "s" }],
        },
        { role: "tool", tool_call_id: long, content: "12" },
      ],
    },
    {
      messages: [
        { role: "user", content: "hi" },
        {
          role: "assistant",
          content: null,
          tool_calls: [{ id: "call_1", type: "function", function: { name: "f", arguments: "{}" } }],
        },
        {
          role: "assistant",
          content: "x",
          thinking_blocks: [{ type: "thinking", thinking: "a", signature: "s" }],
        },
        { role: "tool", tool_call_id: "call_1", content: "12" },
      ],
    },
  ],
  "openai-responses": [
    {
      input: [
        { type: "reasoning", id: "rs_1", summary: [], encrypted_content: `signed:${proof}` },
        { type: "reasoning", id: "rs_2", summary: [], encrypted_content: `redacted:${proof}` },
        { type: "reasoning", id: "rs_3", summary: [], encrypted_content: "gAAAA" },
        { type: "function_call", call_id: long, name: "f", arguments: "{}" },
        { type: "function_call_output", call_id: long, output: "12" },
      ],
    },
    {
      input: [
        { type: "reasoning", id: "rs_3", summary: [], encrypted_content: "gAAAA" },
        { type: "function_call", call_id: "call_1", name: "f", arguments: "{}" },
        { type: "function_call_output", call_id: "call_1", output: "12" },
      ],
    },
  ],
  "anthropic-messages": [
    {
      messages: [
        { role: "user", content: "hi" },
        { role: "assistant", content: [{ type: "thinking", thinking: "hm", signature: "" }] },
        {
          role: "assistant",
          content: [
            { type: "thinking", thinking: "hm", signature: "" },
            { type: "thinking", thinking: "so", signature: "EqQB" },
            { type: "tool_use", id: long, name: "f", input: {} },
          ],
        },
        { role: "user", content: [{ type: "tool_result", tool_use_id: long, content: "12" }] },
      ],
    },
    {
      messages: [
        { role: "user", content: "hi" },
        {
          role: "assistant",
          content: [
            { type: "thinking", thinking: "so", signature: "EqQB" },
            { type: "tool_use", id: "call_1", name: "f", input: {} },
          ],
        },
        { role: "user", content: [{ type: "tool_result", tool_use_id: "call_1", content: "12" }] },
      ],
    },
  ],
  "bedrock-converse": [
    {
      messages: [
        { role: "user", content: [{ text: "hi" }] },
        {
          role: "assistant",
          content: [
            { reasoningContent: { reasoningText: { text: "hm" } } },
            { reasoningContent: { reasoningText: { text: "so", signature: "EqQB" } } },
            { toolUse: { toolUseId: long, name: "f", input: {} } },
          ],
        },
        { role: "user", content: [{ toolResult: { toolUseId: long, content: [{ text: "12" }] } }] },
      ],
    },
    {
      messages: [
        { role: "user", content: [{ text: "hi" }] },
        {
          role: "assistant",
          content: [
            { reasoningContent: { reasoningText: { text: "so", signature: "EqQB" } } },
            { toolUse: { toolUseId: "call_1", name: "f", input: {} } },
          ],
        },
        { role: "user", content: [{ toolResult: { toolUseId: "call_1", content: [{ text: "12" }] } }] },
      ],
    },
  ],
  "gemini-generate": [
    {
      contents: [
        { role: "user", parts: [{ text: "hi" }] },
        {
          role: "model",
          parts: [
            { text: "", thought: true, thoughtSignature: "EqQB" },
            { text: "a", thoughtSignature: proof },
            { functionCall: { name: "f", args: {} }, thoughtSignature: proof },
          ],
        },
      ],
    },
    {
      contents: [
        { role: "user", parts: [{ text: "hi" }] },
        {
          role: "model",
          parts: [
            { text: "a", thoughtSignature: proof },
            { functionCall: { name: "f", args: {} }, thoughtSignature: proof },
          ],
        },
      ],
    },
  ],
};

function passed(name: DialectName, body: object): { readonly same: boolean; readonly sent: object } {
  const dialect = dialectOf(name);
  const base =
    name === "bedrock-converse" || name === "gemini-generate" ? {} : { model: "m", max_tokens: undefined };
  const bytes = Buffer.from(
    JSON.stringify({ ...base, ...(name === "anthropic-messages" ? { max_tokens: 9 } : {}), ...body }),
  );
  const facts = factsOf(dialect, bytes, false);
  const out = dialect.splice(bytes, facts, { model: facts.model, outputCap: undefined, outputCapField: "" });
  const { model: _model, max_tokens: _cap, ...sent } = JSON.parse(out.toString());
  return { same: out === bytes, sent };
}

describe("what the gateway put into a history", () => {
  for (const [name, [history, sent]] of Object.entries(histories) as [
    DialectName,
    readonly [object, object],
  ][]) {
    it(`never reaches the provider of the client's own format: ${name}`, () => {
      assert.deepEqual(passed(name, history).sent, sent);
    });

    it(`is all that is changed: without it a request passes byte for byte (${name})`, () => {
      assert.ok(passed(name, sent).same);
    });
  }

  it("is not what a user writes about it", () => {
    const messages = [{ role: "user", content: 'x__thought__y "signature":""' }];
    for (const name of ["openai-chat", "anthropic-messages"] as const)
      assert.deepEqual(passed(name, { messages }), { same: true, sent: { messages } });
  });

  for (const name of ["openai-chat", "anthropic-messages", "bedrock-converse"] as const)
    it(`is taken out after any call that Gemini made, for ${name}`, () => {
      const parts = [{ functionCall: { name: "f", args: {} }, thoughtSignature: proof }];
      const answer = { candidates: [{ content: { role: "model", parts }, finishReason: "STOP", index: 0 }] };
      const bytes = Buffer.from(`data: ${JSON.stringify(answer)}\n\n`);
      const { bytes: got } = translateAnswer(
        dialectOf(name),
        dialectOf("gemini-generate"),
        streamFacts(name),
        [bytes],
      );
      const [call] = foldStream(name, got).calls;
      assert.ok(call !== undefined && call.id.length > 64, "the client carries the proof");
      const history = JSON.parse(JSON.stringify(histories[name]![0]).replaceAll(long, call.id));
      const ids = JSON.stringify(passed(name, history).sent).match(
        /"(?:id|tool_call_id|tool_use_id|toolUseId)":"[^"]*"/g,
      );
      for (const id of ids ?? []) assert.ok(id.length < 80, id);
    });
});
