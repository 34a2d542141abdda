import type { ByteRuns } from "../../core/byte-runs.ts";
import { decodeUtf8 } from "../../core/decode-utf8.ts";
import { GatewayError } from "../../core/errors.ts";
import { type EventStreamMessage, encodeEventStreamMessage, withPayload } from "../../core/event-stream.ts";
import { bedrockException } from "../bedrock-error.ts";
import { eventData } from "../event-data.ts";
import type { MessageReader } from "../event-stream-response.ts";
import { flushTexts } from "../filter/filter-event.ts";
import type { TextChannel } from "../filter/text-filter.ts";
import type { TextTail, TextTap } from "../filter/text-tap.ts";
import { type JsonObject, listOf, objectOf, textOf, tokensOf } from "../json-view.ts";
import type { FinishReason } from "../model-event.ts";
import type { ResponseState } from "../response-state.ts";
import { errorInStream } from "../upstream-error.ts";
import { readConverseUsage } from "./usage.ts";

/** Reads a ConverseStream (https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ConverseStream.html): `metadata` with the usage comes after `messageStop`, and ends it. */
export class ConverseEvents implements MessageReader {
  readonly #seen: ResponseState;

  constructor(seen: ResponseState) {
    this.#seen = seen;
  }

  read(message: EventStreamMessage, out: ByteRuns): void {
    const { texts } = this.#seen;
    const failure = exceptionOf(message);
    if (failure !== undefined) {
      this.#seen.error ??= failure;
      flushTexts(texts, writeTail, out);
      out.add(message.bytes);
      return;
    }
    const data = eventData(decodeUtf8(message.payload), this.#seen);
    if (data !== undefined) this.note(message.headers.get(":event-type"), data);
    if (texts === undefined) out.add(message.bytes);
    // What cannot be read cannot be filtered.
    else if (data !== undefined) out.add(filterMessage(message, data, texts, out));
  }

  end(out: ByteRuns): void {
    flushTexts(this.#seen.texts, writeTail, out);
    this.close();
  }

  /** The messages have ended. */
  close(): void {
    const { finishReason, error } = this.#seen;
    if (finishReason !== undefined && error === undefined) this.#seen.complete = true;
  }

  breakOff(error: GatewayError): Buffer {
    return bedrockException(error);
  }

  /** Notes one event. */
  note(type: string | undefined, data: JsonObject): void {
    switch (type) {
      case "contentBlockStart":
        if (objectOf(objectOf(data.start)?.toolUse) !== undefined) this.#seen.called();
        this.#seen.text(objectOf(objectOf(data.start)?.toolUse)?.name, "call");
        return;
      case "contentBlockDelta":
        readDelta(objectOf(data.delta), this.#seen, tokensOf(data.contentBlockIndex) ?? 0);
        return;
      case "contentBlockStop":
        this.#seen.texts?.close({ part: tokensOf(data.contentBlockIndex) ?? 0 });
        return;
      case "messageStop":
        this.#seen.texts?.close({});
        this.#seen.finish(unifiedStop(textOf(data.stopReason) ?? ""), 0, textOf(data.stopReason));
        return;
      case "metadata": {
        const usage = objectOf(data.usage);
        if (usage !== undefined)
          this.#seen.bill(readConverseUsage(usage, data.serviceTier), tokensOf(usage.totalTokens));
        this.#seen.complete = this.#seen.finishReason !== undefined && this.#seen.error === undefined;
        this.#seen.ended = this.#seen.complete;
        return;
      }
      case "messageStart":
        return;
      default:
        this.#seen.odd("unknown_type");
    }
  }
}

/** The error of a message that is not an event: an exception, or an error of the framing itself. */
export function exceptionOf({ headers }: EventStreamMessage): GatewayError | undefined {
  switch (headers.get(":message-type")) {
    case "event":
      return undefined;
    case "exception":
      return errorInStream(headers.get(":exception-type"));
    case "error":
      return errorInStream(headers.get(":error-code"));
    default:
      throw new GatewayError("upstream_invalid", "the provider sent a message of an unknown kind");
  }
}

/** Notes what a whole answer says; there are 200s without an `output`. */
export function readConverse(answer: JsonObject, seen: ResponseState): void {
  const message = objectOf(objectOf(answer.output)?.message);
  // Of an answer too large to be read, only the usage is.
  if (message === undefined && answer.usage === undefined)
    seen.error ??= errorInStream(answer.__type, objectOf(answer.Output)?.__type);
  listOf(message?.content).forEach((value, index) => {
    const block = objectOf(value);
    const use = objectOf(block?.toolUse);
    const thought = objectOf(objectOf(block?.reasoningContent)?.reasoningText);
    seen.textIn(block?.text, block, "text", "answer", 0, index);
    seen.textIn(thought?.text, thought, "text", "reasoning", 0, index);
    if (use !== undefined) seen.called();
    seen.text(use?.name, "call");
    seen.argumentsIn(use, "input");
  });
  const reason = textOf(answer.stopReason);
  if (reason !== undefined) seen.finish(unifiedStop(reason), 0, reason);
  const usage = objectOf(answer.usage);
  if (usage !== undefined)
    seen.bill(readConverseUsage(usage, answer.serviceTier), tokensOf(usage.totalTokens));
  seen.refuseEmpty();
}

function readDelta(delta: JsonObject | undefined, seen: ResponseState, index: number): void {
  const reasoning = objectOf(delta?.reasoningContent);
  const use = objectOf(delta?.toolUse);
  seen.textIn(delta?.text, delta, "text", "answer", 0, index);
  seen.textIn(reasoning?.text, reasoning, "text", "reasoning", 0, index);
  seen.textIn(use?.input, use, "input", "call", 0, index);
  // The proof of a thought follows on all of it.
  if (reasoning?.signature !== undefined) seen.texts?.close({ part: index, channel: "reasoning" });
}

/** The message with its texts filtered; what it ends and was held back is added to `out` first. */
function filterMessage(message: EventStreamMessage, data: JsonObject, texts: TextTap, out: ByteRuns): Buffer {
  const { tails, json } = texts.filter(message.payload, data);
  for (const tail of tails) out.add(writeTail(tail));
  return json === message.payload ? message.bytes : withPayload(message, json);
}

/** The message that says what was held back of a block. */
function writeTail({ slot, text }: TextTail): Buffer {
  const payload = { contentBlockIndex: slot.part, delta: tailDelta(slot.channel, text) };
  return encodeEventStreamMessage(deltaHeaders, Buffer.from(JSON.stringify(payload)));
}

function tailDelta(channel: TextChannel, text: string): object {
  switch (channel) {
    case "answer":
    case "refusal":
      return { text };
    case "reasoning":
      return { reasoningContent: { text } };
    case "arguments":
      return { toolUse: { input: text } };
  }
}

const deltaHeaders: readonly (readonly [name: string, value: string])[] = [
  [":event-type", "contentBlockDelta"],
  [":content-type", "application/json"],
  [":message-type", "event"],
];

/** Bedrock's stop reasons, unified; unknown ones count as `stop`. */
export function unifiedStop(reason: string): FinishReason {
  switch (reason) {
    case "max_tokens":
    case "model_context_window_exceeded":
      return "length";
    case "tool_use":
      return "tool_calls";
    case "guardrail_intervened":
    case "content_filtered":
      return "content_filter";
    case "malformed_model_output":
    case "malformed_tool_use":
      return "error";
    default:
      return "stop";
  }
}
