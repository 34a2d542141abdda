import type { AnswerDecoder, Emit } from "../answer-decoder.ts";
import type { EventEncoder } from "../codec.ts";
import type { ResponseContext, ResponseTransform } from "../dialect.ts";
import { stringifyExact } from "../exact-json.ts";
import { type JsonObject, listOf, objectOf, textOf, tokensOf } from "../json-view.ts";
import { OpenCalls } from "../open-calls.ts";
import type { ResponseState } from "../response-state.ts";
import { translateAnswer } from "../translate-answer.ts";
import { GenerateEvents, GenerateReader, unifiedFinish } from "./events.ts";

/** Reads a Gemini answer for a client of another format. */
export function decodeGenerateAnswer(
  context: ResponseContext,
  encoder: EventEncoder,
  callId: string,
): ResponseTransform {
  return translateAnswer(context, encoder, (seen, emit) => new GenerateDecoder(seen, callId, emit));
}

/** Gemini's responses, of a stream or alone, as model events (https://ai.google.dev/api/generate-content). */
class GenerateDecoder implements AnswerDecoder {
  readonly #seen: ResponseState;
  readonly #noted: GenerateEvents;
  readonly #calls: OpenCalls;
  readonly #emit: Emit;
  /** Why each candidate ended, as the provider says it: what it means is known only when all has come. */
  readonly #finishes = new Map<number, string>();
  readonly #called = new Set<number>();
  #started = false;
  #parts = 0;

  constructor(seen: ResponseState, callId: string, emit: Emit) {
    this.#seen = seen;
    this.#noted = new GenerateEvents(seen);
    this.#calls = new OpenCalls(callId, emit);
    this.#emit = emit;
  }

  event(data: JsonObject): void {
    this.#noted.note(data);
    this.#say(data);
  }

  done(): void {}

  close(): void {
    if (!this.#seen.complete) return;
    this.#finish();
    this.#calls.flush();
    this.#emit({ type: "end" });
  }

  whole(answer: JsonObject): void {
    new GenerateReader(this.#seen).note(answer);
    this.#seen.refuseEmpty();
    this.#say(answer);
    this.#finish();
  }

  #say(data: JsonObject): void {
    if (this.#seen.error !== undefined) return;
    if (!this.#started) {
      this.#started = true;
      this.#emit({ type: "start", model: this.#seen.model });
    }
    for (const item of listOf(data.candidates)) this.#candidate(objectOf(item) ?? {});
    if (objectOf(data.promptFeedback)?.blockReason !== undefined) this.#finishes.set(0, "SAFETY");
    if (this.#seen.usage !== undefined) this.#emit({ type: "usage", usage: this.#seen.usage });
  }

  #finish(): void {
    for (const [choice, reason] of this.#finishes)
      this.#calls.finish(choice, unifiedFinish(reason, this.#called.has(choice)));
  }

  #candidate(candidate: JsonObject): void {
    const choice = tokensOf(candidate.index) ?? 0;
    for (const item of listOf(objectOf(candidate.content)?.parts)) this.#part(objectOf(item) ?? {}, choice);
    if (hasCitations(candidate)) this.#seen.lost.add("citations");
    if (objectOf(candidate.logprobsResult) !== undefined) this.#seen.lost.add("log_probabilities");
    const reason = textOf(candidate.finishReason);
    if (reason !== undefined) this.#finishes.set(choice, reason);
  }

  #part(part: JsonObject, choice: number): void {
    const text = textOf(part.text);
    if (text !== undefined)
      this.#calls.say({ type: part.thought === true ? "reasoning" : "text", choice, text });
    this.#other(part, choice);
    const call = objectOf(part.functionCall);
    if (call === undefined) return;
    this.#called.add(choice);
    this.#parts += 1;
    const name = textOf(call.name);
    const [id, signature] = [textOf(call.id), textOf(part.thoughtSignature)];
    this.#calls.open(this.#parts, choice, { id, name, signature });
    this.#calls.add(this.#parts, stringifyExact(call.args ?? {}));
    this.#calls.close(this.#parts);
  }

  /** Output besides words and calls: pictures pass where the client's format has them. */
  #other(part: JsonObject, choice: number): void {
    const inline = objectOf(part.inlineData);
    const [mediaType, data] = [textOf(inline?.mimeType), textOf(inline?.data)];
    if (data !== undefined && mediaType?.startsWith("image/") === true)
      this.#calls.say({ type: "image", choice, mediaType, data });
    else if (inline !== undefined)
      this.#seen.lost.add(mediaType?.startsWith("video/") === true ? "video" : "audio");
    if (objectOf(part.executableCode) !== undefined || objectOf(part.codeExecutionResult) !== undefined)
      this.#seen.lost.add("code");
  }
}

function hasCitations({ groundingMetadata, citationMetadata }: JsonObject): boolean {
  const found = Object.keys(objectOf(groundingMetadata) ?? {});
  return found.length > 0 || listOf(objectOf(citationMetadata)?.citationSources).length > 0;
}
