import type { ByteRuns } from "../../core/byte-runs.ts";
import { decodeUtf8 } from "../../core/decode-utf8.ts";
import { GatewayError } from "../../core/errors.ts";
import type { EventStreamMessage } from "../../core/event-stream.ts";
import { bedrockException } from "../bedrock-error.ts";
import { eventData } from "../event-data.ts";
import type { MessageReader } from "../event-stream-response.ts";
import { stringifyExact } from "../exact-json.ts";
import { type JsonObject, listOf, objectOf, textOf } from "../json-view.ts";
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
    const failure = exceptionOf(message);
    if (failure !== undefined) this.#seen.error ??= failure;
    else {
      const data = eventData(decodeUtf8(message.payload), this.#seen);
      if (data !== undefined) this.note(message.headers.get(":event-type"), data);
    }
    out.add(message.bytes);
  }

  end(): void {
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
        this.#seen.text(objectOf(objectOf(data.start)?.toolUse)?.name, "call");
        return;
      case "contentBlockDelta":
        readDelta(objectOf(data.delta), this.#seen);
        return;
      case "messageStop":
        this.#seen.finish(unifiedStop(textOf(data.stopReason) ?? ""));
        return;
      case "metadata": {
        const usage = objectOf(data.usage);
        if (usage !== undefined) this.#seen.bill(readConverseUsage(usage, data.serviceTier));
        this.#seen.complete = this.#seen.finishReason !== undefined && this.#seen.error === undefined;
        this.#seen.ended = this.#seen.complete;
        return;
      }
      case "messageStart":
      case "contentBlockStop":
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
  for (const value of listOf(message?.content)) {
    const block = objectOf(value);
    const use = objectOf(block?.toolUse);
    seen.text(block?.text);
    seen.text(objectOf(objectOf(block?.reasoningContent)?.reasoningText)?.text, "reasoning");
    seen.text(use?.name, "call");
    if (use?.input !== undefined) seen.text(stringifyExact(use.input), "call");
  }
  const reason = textOf(answer.stopReason);
  if (reason !== undefined) seen.finish(unifiedStop(reason));
  const usage = objectOf(answer.usage);
  if (usage !== undefined) seen.bill(readConverseUsage(usage, answer.serviceTier));
  seen.refuseEmpty();
}

function readDelta(delta: JsonObject | undefined, seen: ResponseState): void {
  seen.text(delta?.text);
  seen.text(objectOf(delta?.reasoningContent)?.text, "reasoning");
  seen.text(objectOf(delta?.toolUse)?.input, "call");
}

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
