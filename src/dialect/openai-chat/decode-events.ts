import type { AnswerDecoder, Emit } from "../answer-decoder.ts";
import type { EventEncoder } from "../codec.ts";
import type { ResponseContext, ResponseTransform } from "../dialect.ts";
import { stringifyExact } from "../exact-json.ts";
import { type JsonObject, listOf, objectOf, textOf, tokensOf } from "../json-view.ts";
import { OpenCalls } from "../open-calls.ts";
import { readDataUrl } from "../openai-options.ts";
import type { ResponseState } from "../response-state.ts";
import { translateAnswer } from "../translate-answer.ts";
import { ChatEvents, readChat, unifiedFinish, usageIn } from "./events.ts";

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
  #isWhole = false;
  /** The latest call at each place, and each call by its id; bounded by the number of calls. */
  readonly #bySlot = new Map<string, string>();
  readonly #byId = new Map<string, string>();
  #opened = 0;

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
    if (usageIn(data) !== undefined && this.#seen.usage !== undefined)
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
    this.#isWhole = true;
    this.event(answer);
    this.#seen.refuseEmpty();
    this.#calls.flush();
  }

  #end(): void {
    if (!this.#seen.complete) return;
    this.#calls.flush();
    this.#emit({ type: "end" });
  }

  #choice(item: JsonObject): void {
    const choice = tokensOf(item.index) ?? 0;
    const message = objectOf(item.delta) ?? objectOf(item.message);
    if (message !== undefined) this.#message(message, choice);
    const finish = textOf(item.finish_reason);
    if (finish === undefined) return;
    this.#calls.finish(choice, unifiedFinish(finish));
  }

  #message(message: JsonObject, choice: number): void {
    const reasoning = textOf(message.reasoning_content) ?? textOf(message.reasoning);
    if (reasoning !== undefined) this.#calls.say({ type: "reasoning", choice, text: reasoning });
    const { content } = message;
    if (typeof content === "string") this.#text(content, choice);
    else for (const part of listOf(content)) this.#part(objectOf(part) ?? {}, choice);
    this.#text(message.refusal, choice);
    this.#beside(message, choice);
    listOf(message.tool_calls).forEach((item, position) => {
      this.#call(objectOf(item) ?? {}, position, choice);
    });
    // The older way to call, as some compatible servers still answer.
    const called = objectOf(message.function_call);
    if (called !== undefined) this.#call({ index: 0, function: called }, 0, choice);
  }

  /** Pictures as OpenRouter and LiteLLM write them (https://openrouter.ai/docs/features/multimodal/image-generation, 2026-12-01), and what no other format has. */
  #beside(message: JsonObject, choice: number): void {
    for (const item of listOf(message.images)) {
      const inline = readDataUrl(textOf(objectOf(objectOf(item)?.image_url)?.url) ?? "");
      if (inline === undefined) this.#seen.lost.add("images");
      else this.#calls.say({ type: "image", choice, ...inline });
    }
    const audio = objectOf(message.audio);
    if (audio !== undefined) this.#seen.lost.add("audio");
    this.#text(audio?.transcript, choice);
    if (listOf(message.annotations).length > 0) this.#seen.lost.add("citations");
  }

  /** Mistral's parts: text, or thinking that holds parts again. */
  #part(part: JsonObject, choice: number): void {
    this.#text(part.text, choice);
    for (const thought of listOf(part.thinking)) {
      const text = textOf(objectOf(thought)?.text);
      if (text !== undefined) this.#calls.say({ type: "reasoning", choice, text });
    }
  }

  #text(value: unknown, choice: number): void {
    if (typeof value === "string" && value !== "") this.#calls.say({ type: "text", choice, text: value });
  }

  #call(call: JsonObject, position: number, choice: number): void {
    const [id, called] = [textOf(call.id), objectOf(call.function)];
    const name = textOf(called?.name);
    const key = this.#keyOf(id, name, `${choice}/${this.#slotOf(call, id, position)}`, choice);
    this.#calls.complete(key, { id, name });
    const written = called?.arguments;
    if (typeof written === "string") this.#calls.add(key, written);
    else if (typeof written === "object" && written !== null) this.#calls.add(key, stringifyExact(written));
  }

  /** The place of a call among its neighbours: by its index, or of a whole answer its position. Pieces of a stream without either go on with the last call. */
  #slotOf(call: JsonObject, id: string | undefined, position: number): number | "last" {
    if (this.#isWhole) return position;
    return tokensOf(call.index) ?? (id === undefined && position > 0 ? position : "last");
  }

  /**
   * The call that a piece belongs to. Servers tell parallel calls apart by index, by id under one index, or by a name alone; a piece that names another id, or a
   * name after whole arguments, begins a new one.
   */
  #keyOf(id: string | undefined, name: string | undefined, slot: string, choice: number): string {
    const byId = id === undefined ? undefined : this.#byId.get(`${choice}/${id}`);
    const current = byId ?? this.#bySlot.get(slot);
    const otherId =
      byId === undefined &&
      id !== undefined &&
      current !== undefined &&
      this.#calls.idOf(current) !== undefined;
    const again =
      id === undefined && name !== undefined && current !== undefined && this.#calls.isWhole(current);
    if (current !== undefined && !otherId && !again) return current;
    this.#opened += 1;
    const key = `${this.#opened}`;
    this.#bySlot.set(slot, key);
    if (id !== undefined) this.#byId.set(`${choice}/${id}`, key);
    this.#calls.open(key, choice, { id, name });
    return key;
  }
}
