import type { ByteRuns } from "../../core/byte-runs.ts";
import type { GatewayError } from "../../core/errors.ts";
import type { Usage } from "../../usage/usage.ts";
import type { AnswerContext, EventEncoder } from "../codec.ts";
import type { ModelEvent } from "../model-event.ts";
import { openaiErrorBody } from "../openai-error.ts";
import { withSignature } from "../tool-call-id.ts";
import { WholeEncoder } from "../whole-encoder.ts";
import { chatFinish, chatId, encodeChat, encodeChatImage, encodeChatUsage } from "./encode-answer.ts";
import { sealThought } from "./thought-seal.ts";

/** Most characters of one thought kept until its signature has come; a longer one goes without. */
const thoughtCharsMax = 1024 * 1024;

/** The writer of a chat answer, streamed or whole. */
export function encodeChatAnswer(context: AnswerContext): EventEncoder {
  if (context.facts.stream) return new ChatEncoder(context);
  return new WholeEncoder(context, (answer) => encodeChat(answer, context), true);
}

/** Writes a chat stream: chunks, a last one with the usage where it was asked for, `[DONE]` (https://developers.openai.com/api/reference/resources/chat). */
class ChatEncoder implements EventEncoder {
  readonly showsImages = true;
  readonly #context: AnswerContext;
  readonly #begun = new Set<number>();
  /** The members that every chunk begins with. */
  #head = "";
  readonly #tail: string;
  #usage: Usage | undefined;
  /** The thought that has not been signed yet: clients hand both back together. */
  #thought = "";

  constructor(context: AnswerContext) {
    this.#context = context;
    // With usage asked for, every chunk but the last says that it has none.
    this.#tail = context.facts.wantsUsage ? ',"usage":null}\n\n' : "}\n\n";
    this.#begin(undefined);
  }

  encode(event: ModelEvent, out: ByteRuns): void {
    switch (event.type) {
      case "start":
        this.#begin(event.model);
        this.#role(0, out);
        return;
      case "text":
        this.#delta(event.choice, { content: event.text }, out);
        return;
      case "reasoning":
        if (this.#thought.length <= thoughtCharsMax) this.#thought += event.text;
        this.#delta(event.choice, { reasoning_content: event.text }, out);
        return;
      case "signature": {
        const signature = sealThought(event.signature);
        const block = { type: "thinking", thinking: this.#thought, signature };
        if (this.#thought.length <= thoughtCharsMax)
          this.#delta(event.choice, { thinking_blocks: [block] }, out);
        this.#thought = "";
        return;
      }
      case "redacted": {
        const block = { type: "redacted_thinking", data: sealThought(event.data) };
        this.#delta(event.choice, { thinking_blocks: [block] }, out);
        return;
      }
      case "image":
        this.#delta(event.choice, { images: [encodeChatImage(event.mediaType, event.data)] }, out);
        return;
      case "tool_call": {
        const { call, name, signature } = event;
        const id = withSignature(event.id, signature);
        const begun = { index: call, id, type: "function", function: { name, arguments: "" } };
        this.#delta(event.choice, { tool_calls: [begun] }, out);
        return;
      }
      case "arguments": {
        const piece = { index: event.call, function: { arguments: event.fragment } };
        this.#delta(event.choice, { tool_calls: [piece] }, out);
        return;
      }
      case "finish":
        this.#chunk(event.choice, "{}", `"${chatFinish(event.reason)}"`, out);
        return;
      case "usage":
        this.#usage = event.usage;
        return;
      case "end":
        this.#end(out);
        return;
    }
  }

  breakOff(error: GatewayError): Buffer {
    return Buffer.from(`data: ${JSON.stringify(openaiErrorBody(error))}\n\n${done}`);
  }

  #begin(model: string | undefined): void {
    const { id, createdSec } = this.#context;
    const written = JSON.stringify(model ?? this.#context.model);
    this.#head = `data: {"id":"${chatId(id)}","object":"chat.completion.chunk","created":${createdSec},"model":${written},"choices":[`;
  }

  #role(choice: number, out: ByteRuns): void {
    if (this.#begun.has(choice)) return;
    this.#begun.add(choice);
    this.#chunk(choice, '{"role":"assistant","content":""}', "null", out);
  }

  #delta(choice: number, delta: object, out: ByteRuns): void {
    this.#role(choice, out);
    this.#chunk(choice, JSON.stringify(delta), "null", out);
  }

  #chunk(choice: number, delta: string, finish: string, out: ByteRuns): void {
    const body = `{"index":${choice},"delta":${delta},"logprobs":null,"finish_reason":${finish}}]`;
    out.add(Buffer.from(this.#head + body + this.#tail));
  }

  #end(out: ByteRuns): void {
    const usage = this.#usage;
    if (this.#context.facts.wantsUsage && usage !== undefined)
      out.add(Buffer.from(`${this.#head}],"usage":${JSON.stringify(encodeChatUsage(usage))}}\n\n`));
    out.add(Buffer.from(done));
  }
}

const done = "data: [DONE]\n\n";
