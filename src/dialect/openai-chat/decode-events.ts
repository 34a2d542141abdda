import type { AnswerDecoder, Emit } from "../answer-decoder.ts";
import type { EventEncoder } from "../codec.ts";
import type { ResponseContext, ResponseTransform } from "../dialect.ts";
import { type JsonObject, listOf, objectOf, textOf, tokensOf } from "../json-view.ts";
import { OpenCalls } from "../open-calls.ts";
import type { ResponseState } from "../response-state.ts";
import { translateAnswer } from "../translate-answer.ts";
import { ChatEvents, readChat, unifiedFinish } from "./events.ts";

/** Reads a chat answer for a client of another format. */
export function decodeChatAnswer(
  context: ResponseContext,
  encoder: EventEncoder,
  callId: string,
): ResponseTransform {
  return translateAnswer(context, encoder, (seen, emit) => new ChatDecoder(seen, callId, emit));
}

/** Chat's chunks, or a whole answer, as model events (https://developers.openai.com/api/reference/resources/chat). */
class ChatDecoder implements AnswerDecoder {
  readonly #seen: ResponseState;
  readonly #noted: ChatEvents;
  readonly #calls: OpenCalls;
  readonly #emit: Emit;
  #started = false;

  constructor(seen: ResponseState, callId: string, emit: Emit) {
    this.#seen = seen;
    this.#noted = new ChatEvents(seen, true);
    this.#calls = new OpenCalls(callId, emit);
    this.#emit = emit;
  }

  event(data: JsonObject): void {
    readChat(data, this.#seen);
    if (this.#seen.error !== undefined) return;
    const choices = listOf(data.choices);
    // Azure's first chunk has neither model nor choices.
    if (!this.#started && (choices.length > 0 || textOf(data.model) !== undefined)) {
      this.#started = true;
      this.#emit({ type: "start", model: this.#seen.model });
    }
    for (const item of choices) this.#choice(objectOf(item) ?? {});
    if (objectOf(data.usage) !== undefined && this.#seen.usage !== undefined)
      this.#emit({ type: "usage", usage: this.#seen.usage });
  }

  done(): void {
    this.#noted.done();
    this.#end();
  }

  close(): void {
    this.#noted.close();
    this.#end();
  }

  whole(answer: JsonObject): void {
    this.event(answer);
    this.#seen.refuseEmpty();
  }

  #end(): void {
    if (this.#seen.complete) this.#emit({ type: "end" });
  }

  #choice(item: JsonObject): void {
    const choice = tokensOf(item.index) ?? 0;
    const message = objectOf(item.delta) ?? objectOf(item.message);
    if (message !== undefined) this.#message(message, choice);
    const finish = textOf(item.finish_reason);
    if (finish === undefined) return;
    this.#calls.closeAll(choice);
    this.#emit({ type: "finish", choice, reason: unifiedFinish(finish) });
  }

  #message(message: JsonObject, choice: number): void {
    const reasoning = textOf(message.reasoning_content) ?? textOf(message.reasoning);
    if (reasoning !== undefined) this.#emit({ type: "reasoning", choice, text: reasoning });
    const { content } = message;
    if (typeof content === "string") this.#text(content, choice);
    else for (const part of listOf(content)) this.#part(objectOf(part) ?? {}, choice);
    this.#text(message.refusal, choice);
    listOf(message.tool_calls).forEach((item, index) => {
      this.#call(objectOf(item) ?? {}, index, choice);
    });
  }

  /** Mistral's parts: text, or thinking that holds parts again. */
  #part(part: JsonObject, choice: number): void {
    this.#text(part.text, choice);
    for (const thought of listOf(part.thinking)) {
      const text = textOf(objectOf(thought)?.text);
      if (text !== undefined) this.#emit({ type: "reasoning", choice, text });
    }
  }

  #text(value: unknown, choice: number): void {
    if (typeof value === "string" && value !== "") this.#emit({ type: "text", choice, text: value });
  }

  #call(call: JsonObject, position: number, choice: number): void {
    const key = `${choice}/${tokensOf(call.index) ?? position}`;
    const called = objectOf(call.function);
    const name = textOf(called?.name);
    if (!this.#calls.has(key) && name !== undefined) this.#calls.open(key, choice, textOf(call.id), name);
    if (typeof called?.arguments === "string") this.#calls.add(key, called.arguments);
  }
}
