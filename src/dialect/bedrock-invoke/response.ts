import type { ByteRuns } from "../../core/byte-runs.ts";
import { decodeUtf8 } from "../../core/decode-utf8.ts";
import { GatewayError } from "../../core/errors.ts";
import type { EventStreamMessage } from "../../core/event-stream.ts";
import { hasTooManyValues } from "../../core/json-values.ts";
import { MessagesEvents, readMessage } from "../anthropic-messages/events.ts";
import { exceptionOf } from "../bedrock-converse/events.ts";
import { bedrockErrorShape, bedrockException } from "../bedrock-error.ts";
import type { ResponseContext, ResponseTransform } from "../dialect.ts";
import { ErrorResponse } from "../error-response.ts";
import { eventData } from "../event-data.ts";
import { EventStreamResponse, type MessageReader } from "../event-stream-response.ts";
import { parseObject } from "../json-view.ts";
import { ResponseState } from "../response-state.ts";
import { isAwsEventStream } from "../streamed.ts";
import { errorInStream } from "../upstream-error.ts";
import { WholeResponse } from "../whole-response.ts";

/** The transform for one answer of InvokeModel: an error, a stream or a whole. */
export function passInvoke(context: ResponseContext): ResponseTransform {
  const seen = new ResponseState(context.onText);
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
    if (failure !== undefined) this.#seen.error ??= failure;
    else if (message.headers.get(":event-type") === "chunk") {
      const chunk = eventData(decodeUtf8(message.payload), this.#seen);
      if (chunk !== undefined) this.#note(String(chunk.bytes));
    }
    out.add(message.bytes);
  }

  end(): void {
    this.#seen.closed();
  }

  breakOff(error: GatewayError): Buffer {
    return bedrockException(error);
  }

  #note(base64: string): void {
    const event = Buffer.from(base64, "base64");
    if (hasTooManyValues(event))
      throw new GatewayError("upstream_invalid", "the provider sent an event with too many values");
    const data = parseObject(decodeUtf8(event));
    if (data === undefined)
      throw new GatewayError("upstream_invalid", "the provider sent an event that is not JSON");
    this.#events.note(data);
  }
}
