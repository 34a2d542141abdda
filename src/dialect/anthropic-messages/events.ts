import type { ByteRuns } from "../../core/byte-runs.ts";
import type { GatewayError } from "../../core/errors.ts";
import type { SseEvent } from "../../core/sse.ts";
import { commentEvent, eventData } from "../event-data.ts";
import { filterEvent, flushTexts } from "../filter/filter-event.ts";
import type { TextChannel } from "../filter/text-filter.ts";
import type { TextTail } from "../filter/text-tap.ts";
import { type JsonObject, listOf, objectOf, textOf, tokensOf } from "../json-view.ts";
import type { FinishReason } from "../model-event.ts";
import type { ResponseState } from "../response-state.ts";
import type { EventReader } from "../sse-response.ts";
import { errorInStream } from "../upstream-error.ts";
import { anthropicErrorBody } from "./error.ts";
import { mergeUsage, readMessagesUsage } from "./usage.ts";

/** Reads a Messages stream (https://platform.claude.com/docs/en/build-with-claude/streaming): usage comes in two parts, `message_stop` ends it, `error` may come at any time. */
export class MessagesEvents implements EventReader {
  readonly #seen: ResponseState;
  #usage: JsonObject = {};

  constructor(seen: ResponseState) {
    this.#seen = seen;
  }

  read(event: SseEvent, out: ByteRuns): void {
    if (event.data === undefined) {
      out.add(event.bytes);
      return;
    }
    const data = eventData(event.data, this.#seen);
    if (data === undefined) {
      out.add(commentEvent);
      return;
    }
    this.note(data);
    out.add(filterEvent(event, data, this.#seen.texts, writeTail, out).bytes);
  }

  /** Notes one event; also of streams that are framed otherwise. */
  note(data: JsonObject): void {
    switch (data.type) {
      case "message_start": {
        const message = objectOf(data.message);
        this.#seen.model ??= textOf(message?.model);
        this.#bill(objectOf(message?.usage), false);
        return;
      }
      case "content_block_start":
        readBlock(data.content_block, this.#seen, tokensOf(data.index) ?? 0);
        return;
      case "content_block_delta":
        readDelta(objectOf(data.delta), this.#seen, tokensOf(data.index) ?? 0);
        return;
      case "content_block_stop":
        this.#seen.texts?.close({ part: tokensOf(data.index) ?? 0 });
        return;
      case "message_delta": {
        const reason = textOf(objectOf(data.delta)?.stop_reason);
        if (reason !== undefined) {
          this.#seen.finish(unifiedStop(reason), 0, reason);
          this.#seen.texts?.close({});
        }
        this.#bill(objectOf(data.usage), true);
        return;
      }
      case "message_stop":
        this.#seen.texts?.close({});
        this.#seen.refuseEmpty();
        this.#seen.ended = true;
        this.#seen.complete = this.#seen.error === undefined;
        return;
      case "ping":
        return;
      case "error":
        this.#seen.texts?.close({});
        this.#seen.error ??= errorInStream(objectOf(data.error)?.type);
        return;
      default:
        this.#seen.odd("unknown_type");
    }
  }

  end(out: ByteRuns): void {
    flushTexts(this.#seen.texts, writeTail, out);
    if (this.#seen.complete) return;
    this.#seen.closed();
    // The vendor's SDKs hand the message over when its end is said.
    if (this.#seen.complete) out.add(messageStop);
  }

  breakOff(error: GatewayError): Buffer {
    return Buffer.from(`event: error\ndata: ${JSON.stringify(anthropicErrorBody(error))}\n\n`);
  }

  #bill(usage: JsonObject | undefined, outputKnown: boolean): void {
    if (usage === undefined) return;
    this.#usage = mergeUsage(this.#usage, usage);
    this.#seen.bill(readMessagesUsage(this.#usage, outputKnown));
  }
}

const messageStop = Buffer.from('event: message_stop\ndata: {"type":"message_stop"}\n\n');

/** Notes what a whole answer says. */
export function readMessage(answer: JsonObject, seen: ResponseState): void {
  if (answer.type === "error") {
    seen.error ??= errorInStream(objectOf(answer.error)?.type);
    return;
  }
  seen.model ??= textOf(answer.model);
  listOf(answer.content).forEach((block, index) => {
    readBlock(block, seen, index);
  });
  const reason = textOf(answer.stop_reason);
  if (reason !== undefined) seen.finish(unifiedStop(reason), 0, reason);
  const usage = objectOf(answer.usage);
  if (usage !== undefined) seen.bill(readMessagesUsage(usage, true));
  seen.refuseEmpty();
}

function readBlock(value: unknown, seen: ResponseState, index: number): void {
  const block = objectOf(value);
  if (block?.type === "tool_use") seen.called();
  seen.textIn(block?.text, block, "text", "answer", 0, index);
  seen.textIn(block?.thinking, block, "thinking", "reasoning", 0, index);
  seen.text(block?.name, "call");
  const input = objectOf(block?.input);
  // In a stream the input follows as deltas, and stands here empty.
  if (input !== undefined && Object.keys(input).length > 0) seen.argumentsIn(block, "input");
}

function readDelta(delta: JsonObject | undefined, seen: ResponseState, index: number): void {
  seen.textIn(delta?.text, delta, "text", "answer", 0, index);
  seen.textIn(delta?.thinking, delta, "thinking", "reasoning", 0, index);
  seen.textIn(delta?.partial_json, delta, "partial_json", "call", 0, index);
  // The proof of a thought follows on all of it.
  if (delta?.type === "signature_delta") seen.texts?.close({ part: index, channel: "reasoning" });
}

/** The event that says what was held back of a block. */
export function messagesTail({ slot, text }: TextTail): JsonObject {
  const delta = tailDelta(slot.channel, text);
  return { type: "content_block_delta", index: slot.part, delta };
}

function writeTail(tail: TextTail): Buffer {
  return Buffer.from(`event: content_block_delta\ndata: ${JSON.stringify(messagesTail(tail))}\n\n`);
}

function tailDelta(channel: TextChannel, text: string): object {
  switch (channel) {
    case "answer":
    case "refusal":
      return { type: "text_delta", text };
    case "reasoning":
      return { type: "thinking_delta", thinking: text };
    case "arguments":
      return { type: "input_json_delta", partial_json: text };
  }
}

/** Anthropic's stop reasons, unified; unknown ones count as `stop`. */
export function unifiedStop(reason: string): FinishReason {
  switch (reason) {
    case "max_tokens":
    case "model_context_window_exceeded":
      return "length";
    case "tool_use":
      return "tool_calls";
    case "refusal":
      return "content_filter";
    default:
      return "stop";
  }
}
