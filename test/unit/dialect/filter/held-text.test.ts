import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { frameEventStream } from "../../../support/dialect/event-stream-frames.ts";
import { passAnswer } from "../../../support/dialect/passed-answers.ts";
import { jsonsOf } from "../../../support/dialect/readable-text.ts";
import { type ScriptedFormat, scriptedFormats } from "../../../support/dialect/scripted-answers.ts";
import { holdAll, wordFilter } from "../../../support/dialect/word-filter.ts";

type Json = Readonly<Record<string, unknown>>;

function formatOf(name: string): ScriptedFormat {
  const format = scriptedFormats.find((one) => one.name === name);
  assert.ok(format !== undefined);
  return format;
}

/** The events of a stream after a filter that holds everything back. */
function heldEvents(name: string, bytes: Buffer): readonly Json[] {
  const { bytes: out } = passAnswer(formatOf(name), true, [bytes], holdAll);
  return jsonsOf(name, true, out) as readonly Json[];
}

const start = (index: number) => ({
  type: "content_block_start",
  index,
  content_block: { type: "text", text: "" },
});
const delta = (index: number, text: string) => ({
  type: "content_block_delta",
  index,
  delta: { type: "text_delta", text },
});
const stop = (index: number) => ({ type: "content_block_stop", index });
const begin = {
  type: "message_start",
  message: { model: "m", content: [], usage: { input_tokens: 1, output_tokens: 1 } },
};
const end = [
  { type: "message_delta", delta: { stop_reason: "end_turn" }, usage: { output_tokens: 2 } },
  { type: "message_stop" },
];
const named = (events: readonly { readonly type: string }[]) =>
  Buffer.from(
    events.map((event) => `event: ${event.type}\r\ndata: ${JSON.stringify(event)}\r\n\r\n`).join(""),
  );

describe("text that is held back", () => {
  it("goes out before the event that ends its block, of Messages", () => {
    const events = heldEvents(
      "anthropic-messages",
      named([begin, start(0), delta(0, "a"), delta(0, "b"), stop(0), ...end]),
    );
    assert.deepEqual(
      events.map(({ type }) => type),
      [begin, start(0), delta(0, ""), delta(0, ""), delta(0, ""), stop(0), ...end].map(({ type }) => type),
    );
    assert.deepEqual(events.slice(2, 5), [delta(0, ""), delta(0, ""), delta(0, "ab")]);
  });

  it("stays with its block where blocks come in turns", () => {
    const events = [
      begin,
      start(0),
      start(1),
      delta(0, "fal"),
      delta(1, "fal"),
      delta(0, "con"),
      delta(1, "low"),
      stop(1),
      delta(0, " f"),
      stop(0),
      ...end,
    ];
    const format = formatOf("anthropic-messages");
    const { bytes } = passAnswer(format, true, [named(events)], () => wordFilter("falcon", "kite"));
    const texts = ["", ""];
    for (const event of jsonsOf(format.name, true, bytes) as { index?: number; delta?: { text?: string } }[])
      if (event.index !== undefined) texts[event.index] += event.delta?.text ?? "";
    assert.deepEqual(texts, ["kite f", "fallow"]);
  });

  it("goes out where a stream ends without saying so", () => {
    const cut = named([begin, start(0), delta(0, "held")]);
    assert.deepEqual(heldEvents("anthropic-messages", cut).at(-1), delta(0, "held"));
    const converse = frameEventStream(
      'messageStart {"role":"assistant"}\ncontentBlockDelta {"contentBlockIndex":3,"delta":{"text":"held"}}',
    );
    assert.deepEqual(heldEvents("bedrock-converse", converse).at(-1), {
      contentBlockIndex: 3,
      delta: { text: "held" },
    });
    const chat = Buffer.from(
      'data: {"id":"c","object":"o","created":1,"model":"m","choices":[{"index":2,"delta":{"content":"held"}}]}\n\n',
    );
    assert.deepEqual(heldEvents("openai-chat", chat).at(-1), {
      ...{ id: "c", object: "o", created: 1, model: "m" },
      choices: [{ index: 2, delta: { content: "held" }, finish_reason: null }],
    });
    const gemini = Buffer.from(
      'data: {"candidates":[{"content":{"parts":[{"text":"held","thought":true}]},"index":1}],"modelVersion":"m"}\n\n',
    );
    assert.deepEqual(heldEvents("gemini-generate", gemini).at(-1), {
      candidates: [{ content: { role: "model", parts: [{ text: "held", thought: true }] }, index: 1 }],
      modelVersion: "m",
    });
  });

  it("leaves the events of Responses numbered one by one", () => {
    const format = formatOf("openai-responses");
    const bytes = format.stream([{ reasoning: ["a", "b"], text: ["c", "d"], args: ['{"a":"', 'b"}'] }]);
    const events = heldEvents(format.name, bytes);
    assert.deepEqual(
      events.map(({ sequence_number }) => sequence_number),
      events.map((_, index) => index),
    );
    const at = events.findIndex(({ type }) => type === "response.output_text.done");
    assert.deepEqual(
      [events[at - 1]?.type, events[at - 1]?.delta, events[at]?.text],
      ["response.output_text.delta", "cd", "cd"],
    );
  });

  it("does not go out as the probabilities of its tokens", () => {
    const choice = {
      index: 0,
      delta: { content: "falcon" },
      logprobs: { content: [{ token: "falcon" }] },
      finish_reason: null,
    };
    const chat = Buffer.from(`data: ${JSON.stringify({ choices: [choice] })}\n\n`);
    const [event] = heldEvents("openai-chat", chat);
    assert.deepEqual(event, { choices: [{ ...choice, delta: { content: "" }, logprobs: null }] });
  });

  it("is dropped where the provider's event is no event, with all that follows", () => {
    const broken = Buffer.concat([
      named([begin, start(0), delta(0, "held")]),
      Buffer.from('data: {"type":\n\n'),
    ]);
    const events = heldEvents("anthropic-messages", broken);
    assert.equal(events.at(-1)?.type, "error");
    assert.ok(!JSON.stringify(events).includes("held"));
  });
});
