import type { ByteRuns } from "../../core/byte-runs.ts";
import { decodeUtf8 } from "../../core/decode-utf8.ts";
import type { GatewayError } from "../../core/errors.ts";
import type { EventStreamMessage } from "../../core/event-stream.ts";
import type { AnswerDecoder, Emit } from "../answer-decoder.ts";
import type { EventEncoder } from "../codec.ts";
import type { ResponseContext, ResponseTransform } from "../dialect.ts";
import { eventData } from "../event-data.ts";
import { EventStreamResponse, type MessageReader } from "../event-stream-response.ts";
import { parseExactObject, stringifyExact } from "../exact-json.ts";
import { filteredEncoder } from "../filter/filtered-encoder.ts";
import { type JsonObject, listOf, objectOf, textOf, tokensOf } from "../json-view.ts";
import { OpenCalls } from "../open-calls.ts";
import { ResponseState } from "../response-state.ts";
import { isAwsEventStream } from "../streamed.ts";
import { TranslatedStream } from "../translated-stream.ts";
import { TranslatedWhole } from "../translated-whole.ts";
import { ConverseEvents, exceptionOf, readConverse, unifiedStop } from "./events.ts";

/** Reads a Converse answer for a client of another format. */
export function decodeConverseAnswer(
  context: ResponseContext,
  encoder: EventEncoder,
  callId: string,
): ResponseTransform {
  const seen = new ResponseState(context.onText);
  const writer = filteredEncoder(encoder, context.filter);
  const make = (state: ResponseState, emit: Emit) => new ConverseDecoder(state, callId, emit);
  if (!isAwsEventStream(context)) return new TranslatedWhole(seen, make, writer);
  return new EventStreamResponse(
    seen,
    new TranslatedMessages(seen, new TranslatedStream(seen, make, writer)),
  );
}

/** The messages of an AWS event stream, unwrapped. */
class TranslatedMessages implements MessageReader {
  readonly #seen: ResponseState;
  readonly #stream: TranslatedStream;

  constructor(seen: ResponseState, stream: TranslatedStream) {
    this.#seen = seen;
    this.#stream = stream;
  }

  read(message: EventStreamMessage, out: ByteRuns): void {
    const failure = exceptionOf(message);
    if (failure === undefined) {
      const type = message.headers.get(":event-type") ?? "";
      const data = eventData(decodeUtf8(message.payload), this.#seen, parseExactObject);
      if (data !== undefined) this.#stream.data({ [type]: data }, out);
    } else if (this.#seen.error === undefined) {
      this.#seen.error = failure;
      out.add(this.breakOff(failure));
    }
  }

  end(out: ByteRuns): void {
    this.#stream.end(out);
  }

  breakOff(error: GatewayError): Buffer {
    return this.#stream.breakOff(error);
  }
}

/** Converse's events, each under its type's name, or a whole answer, as model events (https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ConverseStream.html). */
class ConverseDecoder implements AnswerDecoder {
  readonly #seen: ResponseState;
  readonly #noted: ConverseEvents;
  readonly #calls: OpenCalls;
  readonly #emit: Emit;

  constructor(seen: ResponseState, callId: string, emit: Emit) {
    this.#seen = seen;
    this.#noted = new ConverseEvents(seen);
    this.#calls = new OpenCalls(callId, emit);
    this.#emit = emit;
  }

  event(wrapped: JsonObject): void {
    const [type = ""] = Object.keys(wrapped);
    const data = objectOf(wrapped[type]) ?? {};
    this.#noted.note(type, data);
    const index = tokensOf(data.contentBlockIndex) ?? 0;
    switch (type) {
      case "messageStart":
        // The format names no model.
        this.#emit({ type: "start", model: undefined });
        return;
      case "contentBlockStart": {
        const use = objectOf(objectOf(data.start)?.toolUse);
        if (use !== undefined)
          this.#calls.open(index, 0, { id: textOf(use.toolUseId), name: textOf(use.name) });
        return;
      }
      case "contentBlockDelta":
        this.#delta(objectOf(data.delta) ?? {}, index);
        return;
      case "contentBlockStop":
        this.#calls.close(index);
        return;
      case "messageStop":
        this.#finish(data.stopReason);
        return;
      case "metadata":
        this.#usage();
        this.close();
        return;
      default:
    }
  }

  done(): void {}

  close(): void {
    this.#noted.close();
    if (this.#seen.complete) this.#end();
  }

  whole(answer: JsonObject): void {
    readConverse(answer, this.#seen);
    if (this.#seen.error !== undefined) return;
    this.#emit({ type: "start", model: undefined });
    const message = objectOf(objectOf(answer.output)?.message);
    for (const [index, item] of listOf(message?.content).entries()) this.#block(objectOf(item) ?? {}, index);
    this.#usage();
    this.#finish(answer.stopReason);
  }

  #end(): void {
    this.#calls.flush();
    this.#emit({ type: "end" });
  }

  #usage(): void {
    if (this.#seen.usage !== undefined) this.#emit({ type: "usage", usage: this.#seen.usage });
  }

  #finish(stopReason: unknown): void {
    const reason = textOf(stopReason) ?? "";
    const stopSequence = reason === "stop_sequence" ? true : undefined;
    this.#calls.finish(0, unifiedStop(reason), stopSequence);
  }

  #block(block: JsonObject, index: number): void {
    this.#text(block.text);
    this.#image(block.image);
    const cited = objectOf(block.citationsContent);
    for (const item of listOf(cited?.content)) this.#text(objectOf(item)?.text);
    if (cited !== undefined) this.#seen.lost.add("citations");
    const reasoning = objectOf(block.reasoningContent);
    const thought = objectOf(reasoning?.reasoningText);
    this.#thought(thought?.text, thought?.signature, reasoning?.redactedContent);
    const use = objectOf(block.toolUse);
    if (use === undefined) return;
    this.#calls.open(index, 0, { id: textOf(use.toolUseId), name: textOf(use.name) });
    this.#calls.add(index, stringifyExact(use.input ?? {}));
    this.#calls.close(index);
  }

  #delta(delta: JsonObject, index: number): void {
    this.#text(delta.text);
    this.#image(delta.image);
    if (objectOf(delta.citation) !== undefined) this.#seen.lost.add("citations");
    const reasoning = objectOf(delta.reasoningContent);
    this.#thought(reasoning?.text, reasoning?.signature, reasoning?.redactedContent);
    const fragment = objectOf(delta.toolUse)?.input;
    if (typeof fragment === "string") this.#calls.add(index, fragment);
  }

  #image(value: unknown): void {
    const image = objectOf(value);
    const data = textOf(objectOf(image?.source)?.bytes);
    if (data === undefined) return;
    this.#calls.say({ type: "image", choice: 0, mediaType: `image/${textOf(image?.format) ?? "png"}`, data });
  }

  #text(value: unknown): void {
    const text = textOf(value);
    if (text !== undefined) this.#calls.say({ type: "text", choice: 0, text });
  }

  #thought(said: unknown, proof: unknown, enciphered: unknown): void {
    const [text, signature, data] = [textOf(said), textOf(proof), textOf(enciphered)];
    if (text !== undefined) this.#calls.say({ type: "reasoning", choice: 0, text });
    if (signature !== undefined) this.#calls.say({ type: "signature", choice: 0, signature });
    if (data !== undefined) this.#calls.say({ type: "redacted", choice: 0, data });
  }
}
