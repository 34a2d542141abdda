import type { DialectName } from "../../../src/dialect/dialect.ts";

const data = (value: object) => `data: ${JSON.stringify(value)}\n\n`;
const named = (value: { readonly type: string }) => `event: ${value.type}\n${data(value)}`;
const chunk = (choices: readonly object[], more: object = {}) =>
  data({ id: "c", object: "chat.completion.chunk", created: 1, model: "m", choices, ...more });
const usage = { input_tokens: 3, output_tokens: 2, total_tokens: 5 };
const message = {
  id: "msg_1",
  type: "message",
  role: "assistant",
  status: "completed",
  content: [{ type: "output_text", text: "Hello", annotations: [] }],
};

/** The events of a stream that says `Hello` in two pieces, in each format that streams server-sent events. */
export const textStreams: { readonly [Name in DialectName]?: readonly string[] } = {
  "openai-chat": [
    chunk([{ index: 0, delta: { role: "assistant", content: "Hel" }, finish_reason: null }]),
    chunk([{ index: 0, delta: { content: "lo" }, finish_reason: null }]),
    chunk([{ index: 0, delta: {}, finish_reason: "stop" }]),
    chunk([], { usage: { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 } }),
    "data: [DONE]\n\n",
  ],
  "openai-responses": [
    named({ type: "response.output_text.delta", ...{ item_id: "msg_1", output_index: 0, delta: "Hel" } }),
    named({ type: "response.output_text.delta", ...{ item_id: "msg_1", output_index: 0, delta: "lo" } }),
    named({
      type: "response.completed",
      ...{ response: { id: "r", status: "completed", model: "m", output: [message], usage } },
    }),
  ],
  "anthropic-messages": [
    named({
      type: "message_start",
      ...{ message: { model: "m", content: [], usage: { input_tokens: 3, output_tokens: 1 } } },
    }),
    named({ type: "content_block_start", ...{ index: 0, content_block: { type: "text", text: "" } } }),
    named({ type: "content_block_delta", ...{ index: 0, delta: { type: "text_delta", text: "Hel" } } }),
    named({ type: "content_block_delta", ...{ index: 0, delta: { type: "text_delta", text: "lo" } } }),
    named({ type: "content_block_stop", ...{ index: 0 } }),
    named({ type: "message_delta", ...{ delta: { stop_reason: "end_turn" }, usage: { output_tokens: 2 } } }),
    named({ type: "message_stop" }),
  ],
  "gemini-generate": [
    data({ candidates: [{ content: { role: "model", parts: [{ text: "Hel" }] }, index: 0 }] }),
    data({
      candidates: [{ content: { role: "model", parts: [{ text: "lo" }] }, finishReason: "STOP", index: 0 }],
      usageMetadata: { promptTokenCount: 3, candidatesTokenCount: 2, totalTokenCount: 5 },
    }),
  ],
};
