import type { AnswerDecoder, Emit } from "../answer-decoder.ts";
import type { EventEncoder } from "../codec.ts";
import type { ResponseContext, ResponseTransform } from "../dialect.ts";
import { stringifyExact } from "../exact-json.ts";
import { type JsonObject, listOf, objectOf, textOf, tokensOf } from "../json-view.ts";
import { OpenCalls } from "../open-calls.ts";
import type { ResponseState } from "../response-state.ts";
import { translateAnswer } from "../translate-answer.ts";
import { MessagesEvents, readMessage, unifiedStop } from "./events.ts";

/** Reads a Messages answer for a client of another format. */
export function decodeMessagesAnswer(
  context: ResponseContext,
  encoder: EventEncoder,
  callId: string,
): ResponseTransform {
  return translateAnswer(context, encoder, (seen, emit) => new MessagesDecoder(seen, callId, emit));
}

/** A Messages stream, or a whole message, as model events (https://platform.claude.com/docs/en/build-with-claude/streaming). */
class MessagesDecoder implements AnswerDecoder {
  readonly #seen: ResponseState;
  readonly #noted: MessagesEvents;
  readonly #calls: OpenCalls;
  readonly #emit: Emit;

  constructor(seen: ResponseState, callId: string, emit: Emit) {
    this.#seen = seen;
    this.#noted = new MessagesEvents(seen);
    this.#calls = new OpenCalls(callId, emit);
    this.#emit = emit;
  }

  event(data: JsonObject): void {
    this.#noted.note(data);
    switch (data.type) {
      case "message_start":
        this.#emit({ type: "start", model: this.#seen.model });
        this.#usage();
        return;
      case "content_block_start":
        this.#block(objectOf(data.content_block) ?? {}, tokensOf(data.index) ?? 0);
        return;
      case "content_block_delta":
        this.#delta(objectOf(data.delta) ?? {}, tokensOf(data.index) ?? 0);
        return;
      case "content_block_stop":
        this.#calls.close(tokensOf(data.index) ?? 0);
        return;
      case "message_delta":
        this.#usage();
        this.#finish(objectOf(data.delta) ?? {});
        return;
      case "message_stop":
        if (this.#seen.complete) this.#end();
        return;
      default:
    }
  }

  done(): void {}

  close(): void {
    this.#seen.closed();
    if (this.#seen.complete) this.#end();
  }

  whole(answer: JsonObject): void {
    readMessage(answer, this.#seen);
    if (this.#seen.error !== undefined) return;
    this.#emit({ type: "start", model: this.#seen.model });
    listOf(answer.content).forEach((item, index) => {
      this.#block(objectOf(item) ?? {}, index);
      this.#calls.close(index);
    });
    this.#usage();
    this.#finish(answer);
  }

  #end(): void {
    this.#calls.flush();
    this.#emit({ type: "end" });
  }

  #usage(): void {
    if (this.#seen.usage !== undefined) this.#emit({ type: "usage", usage: this.#seen.usage });
  }

  #finish({ stop_reason, stop_sequence }: JsonObject): void {
    const reason = textOf(stop_reason);
    if (reason === undefined) return;
    const stopSequence = textOf(stop_sequence) ?? (reason === "stop_sequence" ? true : undefined);
    this.#calls.finish(0, unifiedStop(reason), stopSequence);
  }

  /** A block as it begins, or whole. */
  #block(block: JsonObject, index: number): void {
    switch (block.type) {
      case "text":
        this.#text(block.text);
        if (listOf(block.citations).length > 0) this.#seen.lost.add("citations");
        return;
      case "thinking":
        this.#thinking(block.thinking);
        this.#signature(block.signature);
        return;
      case "redacted_thinking": {
        const data = textOf(block.data);
        if (data !== undefined) this.#calls.say({ type: "redacted", choice: 0, data });
        return;
      }
      case "tool_use": {
        this.#calls.open(index, 0, { id: textOf(block.id), name: textOf(block.name) });
        const input = objectOf(block.input);
        // In a stream the input follows as deltas, and stands here empty.
        if (input !== undefined && Object.keys(input).length > 0)
          this.#calls.add(index, stringifyExact(input));
        return;
      }
      default:
        // Only a block of a type, which one of the provider's own tools made: an event without one is no output.
        if (block.type !== undefined) this.#seen.lost.add("server_tools");
    }
  }

  #delta(delta: JsonObject, index: number): void {
    switch (delta.type) {
      case "text_delta":
        this.#text(delta.text);
        return;
      case "thinking_delta":
        this.#thinking(delta.thinking);
        return;
      case "signature_delta":
        this.#signature(delta.signature);
        return;
      case "input_json_delta":
        if (typeof delta.partial_json === "string") this.#calls.add(index, delta.partial_json);
        return;
      case "citations_delta":
        this.#seen.lost.add("citations");
        return;
      default:
    }
  }

  #text(value: unknown): void {
    const text = textOf(value);
    if (text !== undefined) this.#calls.say({ type: "text", choice: 0, text });
  }

  #thinking(value: unknown): void {
    const text = textOf(value);
    if (text !== undefined) this.#calls.say({ type: "reasoning", choice: 0, text });
  }

  #signature(value: unknown): void {
    const signature = textOf(value);
    if (signature !== undefined) this.#calls.say({ type: "signature", choice: 0, signature });
  }
}
