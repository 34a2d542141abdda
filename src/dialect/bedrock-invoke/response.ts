import type { ByteRuns } from "../../core/byte-runs.ts";
import { decodeUtf8 } from "../../core/decode-utf8.ts";
import { GatewayError } from "../../core/errors.ts";
import { type EventStreamMessage, encodeEventStreamMessage, withPayload } from "../../core/event-stream.ts";
import { hasTooManyValues } from "../../core/json-values.ts";
import { MessagesEvents, messagesTail, readMessage } from "../anthropic-messages/events.ts";
import { exceptionOf } from "../bedrock-converse/events.ts";
import { bedrockErrorShape, bedrockException } from "../bedrock-error.ts";
import type { ResponseContext, ResponseTransform } from "../dialect.ts";
import { ErrorResponse } from "../error-response.ts";
import { eventData } from "../event-data.ts";
import { EventStreamResponse, type MessageReader } from "../event-stream-response.ts";
import { flushTexts } from "../filter/filter-event.ts";
import { filteredState } from "../filter/filtered-state.ts";
import { replaceMember } from "../filter/locate-members.ts";
import type { TextTail } from "../filter/text-tap.ts";
import { type JsonObject, parseObject } from "../json-view.ts";
import type { ResponseState } from "../response-state.ts";
import { isAwsEventStream } from "../streamed.ts";
import { errorInStream } from "../upstream-error.ts";
import { WholeResponse } from "../whole-response.ts";

/** The transform for one answer of InvokeModel: an error, a stream or a whole. */
export function passInvoke(context: ResponseContext): ResponseTransform {
  const seen = filteredState(context);
  if (context.status >= 400) return new ErrorResponse(seen, context.status, bedrockErrorShape);
  if (isAwsEventStream(context)) return new EventStreamResponse(seen, new InvokeEvents(seen));
  return new WholeResponse(seen, (answer) => {
    if (answer.type === undefined && typeof answer.message === "string")
      seen.error ??= errorInStream(answer.__type);
    readMessage(answer, seen);
  });
}

/** Reads a response stream: each chunk holds one of Claude's own events in base64. */
class InvokeEvents implements MessageReader {
  readonly #seen: ResponseState;
  readonly #events: MessagesEvents;

  constructor(seen: ResponseState) {
    this.#seen = seen;
    this.#events = new MessagesEvents(seen);
  }

  read(message: EventStreamMessage, out: ByteRuns): void {
    const failure = exceptionOf(message);
    if (failure !== undefined) {
      this.#seen.error ??= failure;
      flushTexts(this.#seen.texts, writeTail, out);
    } else if (message.headers.get(":event-type") === "chunk") {
      out.add(this.#chunk(message, out));
      return;
    }
    out.add(message.bytes);
  }

  end(out: ByteRuns): void {
    flushTexts(this.#seen.texts, writeTail, out);
    this.#seen.closed();
  }

  /** Reads a chunk; returns its bytes for the client. */
  #chunk(message: EventStreamMessage, out: ByteRuns): Buffer {
    const { texts } = this.#seen;
    const payload = eventData(decodeUtf8(message.payload), this.#seen);
    // What cannot be read cannot be filtered.
    if (payload === undefined) return texts === undefined ? message.bytes : nothing;
    const event = Buffer.from(String(payload.bytes), "base64");
    const data = this.#note(event);
    if (texts === undefined) return message.bytes;
    const { tails, json } = texts.filter(event, data);
    for (const tail of tails) out.add(writeTail(tail));
    if (json === event) return message.bytes;
    const written = replaceMember(message.payload, payload, "bytes", `"${json.toString("base64")}"`);
    return withPayload(message, written);
  }

  breakOff(error: GatewayError): Buffer {
    return bedrockException(error);
  }

  #note(event: Buffer): JsonObject {
    if (hasTooManyValues(event))
      throw new GatewayError("upstream_invalid", "the provider sent an event with too many values");
    const data = parseObject(decodeUtf8(event));
    if (data === undefined)
      throw new GatewayError("upstream_invalid", "the provider sent an event that is not JSON");
    this.#events.note(data);
    return data;
  }
}

/** The chunk with the event that says what was held back of a block. */
function writeTail(tail: TextTail): Buffer {
  const bytes = Buffer.from(JSON.stringify(messagesTail(tail))).toString("base64");
  return encodeEventStreamMessage(chunkHeaders, Buffer.from(JSON.stringify({ bytes })));
}

const nothing = Buffer.alloc(0);
const chunkHeaders: readonly (readonly [name: string, value: string])[] = [
  [":event-type", "chunk"],
  [":content-type", "application/json"],
  [":message-type", "event"],
];
