import type { ByteRuns } from "../../core/byte-runs.ts";
import { GatewayError } from "../../core/errors.ts";
import type { Usage } from "../../usage/usage.ts";
import type { AnswerContext, EventEncoder } from "../codec.ts";
import { stringifyExact } from "../exact-json.ts";
import type { FinishReason, ModelEvent } from "../model-event.ts";
import { WholeEncoder } from "../whole-encoder.ts";
import {
  encodeCall,
  encodeGenerate,
  encodeGenerateUsage,
  encodeImage,
  finishReasonOf,
} from "./encode-answer.ts";
import { geminiErrorBody } from "./error.ts";
import { redactedSignature } from "./thought.ts";

/** Most characters of one call's arguments, which leave whole. */
const argumentsCharsMax = 8 * 1024 * 1024;

/** The writer of a Gemini answer, streamed or whole. */
export function encodeGenerateAnswer(context: AnswerContext): EventEncoder {
  if (context.facts.stream) return new GenerateEncoder(context);
  return new WholeEncoder(context, (answer) => encodeGenerate(answer, context), true);
}

/** A call whose arguments are still coming: the format has them whole only. */
interface OpenCall {
  readonly id: string;
  readonly name: string;
  readonly signature: string | undefined;
  arguments: string;
}

/** Writes a Gemini stream (https://ai.google.dev/api/generate-content): every event is a separate response; the last has the finish reason and the usage. */
class GenerateEncoder implements EventEncoder {
  readonly showsImages = true;
  readonly #id: string;
  #model: string;
  #usage: Usage | undefined;
  /** By choice. */
  readonly #open = new Map<number, OpenCall>();
  readonly #finishes: object[] = [];

  constructor({ id, model }: AnswerContext) {
    this.#id = id;
    this.#model = model;
  }

  encode(event: ModelEvent, out: ByteRuns): void {
    switch (event.type) {
      case "start":
        this.#model = event.model ?? this.#model;
        return;
      case "text":
        this.#part(event.choice, { text: event.text }, out);
        return;
      case "image":
        this.#part(event.choice, encodeImage(event.mediaType, event.data), out);
        return;
      case "reasoning":
        this.#part(event.choice, { text: event.text, thought: true }, out);
        return;
      case "signature":
        this.#part(event.choice, { text: "", thought: true, thoughtSignature: event.signature }, out);
        return;
      case "redacted": {
        const thoughtSignature = redactedSignature(event.data);
        this.#part(event.choice, { text: "", thought: true, thoughtSignature }, out);
        return;
      }
      case "tool_call": {
        this.#leave(event.choice, out);
        const { id, name, signature } = event;
        this.#open.set(event.choice, { id, name, signature, arguments: "" });
        return;
      }
      case "arguments":
        this.#gather(event.choice, event.fragment);
        return;
      case "finish": {
        this.#leave(event.choice, out, event.reason);
        const finishReason = finishReasonOf(event.reason);
        const content = { role: "model", parts: [{ text: "" }] };
        this.#finishes.push({ content, finishReason, index: event.choice });
        return;
      }
      case "usage":
        this.#usage = event.usage;
        return;
      case "end":
        this.#write(this.#finishes, this.#usage, out);
        return;
    }
  }

  breakOff(error: GatewayError): Buffer {
    return Buffer.from(`data: ${JSON.stringify(geminiErrorBody(error))}\n\n`);
  }

  #gather(choice: number, fragment: string): void {
    const call = this.#open.get(choice);
    if (call === undefined) return;
    call.arguments += fragment;
    if (call.arguments.length > argumentsCharsMax)
      throw new GatewayError("upstream_invalid", "a tool call's arguments are too large");
  }

  /** A call is whole once another thing comes. */
  #leave(choice: number, out: ByteRuns, finish?: FinishReason): void {
    const call = this.#open.get(choice);
    if (call === undefined) return;
    this.#open.delete(choice);
    const part = encodeCall({ type: "tool_call", ...call }, finish);
    if (part !== undefined) this.#part(choice, part, out);
  }

  #part(choice: number, part: object, out: ByteRuns): void {
    this.#leave(choice, out);
    this.#write([{ content: { role: "model", parts: [part] }, index: choice }], undefined, out);
  }

  #write(candidates: readonly object[], usage: Usage | undefined, out: ByteRuns): void {
    const response = {
      candidates,
      ...(usage === undefined ? {} : { usageMetadata: encodeGenerateUsage(usage) }),
      modelVersion: this.#model,
      responseId: this.#id,
    };
    out.add(Buffer.from(`data: ${stringifyExact(response)}\n\n`));
  }
}
