import type { ByteRuns } from "../../core/byte-runs.ts";
import { GatewayError } from "../../core/errors.ts";
import type { Usage } from "../../usage/usage.ts";
import { CallWatch } from "../call-watch.ts";
import type { AnswerContext, EventEncoder } from "../codec.ts";
import type { FinishEvent, ModelEvent } from "../model-event.ts";
import { withSignature } from "../tool-call-id.ts";
import { WholeEncoder } from "../whole-encoder.ts";
import { encodeMessage, encodeMessagesUsage, encodeStop, messageId } from "./encode-answer.ts";
import { anthropicErrorBody } from "./error.ts";

/** The writer of a Messages answer, streamed or whole. */
export function encodeMessagesAnswer(context: AnswerContext): EventEncoder {
  if (context.facts.stream) return new MessagesEncoder(context);
  return new WholeEncoder(context, (answer) => encodeMessage(answer, context));
}

/** The block that is open: what kind, and for tools which call. */
interface OpenBlock {
  readonly kind: "text" | "thinking" | "tool";
  readonly call: number;
}

/** Writes a Messages stream (https://platform.claude.com/docs/en/build-with-claude/streaming): one block at a time; why it stopped and the usage come together, at the end. */
class MessagesEncoder implements EventEncoder {
  readonly #context: AnswerContext;
  #open: OpenBlock | undefined;
  #blocks = 0;
  readonly #calls = new CallWatch();
  #usage: Usage | undefined;
  #finish: FinishEvent | undefined;

  constructor(context: AnswerContext) {
    this.#context = context;
  }

  encode(event: ModelEvent, out: ByteRuns): void {
    if ("choice" in event) this.#calls.follow(event);
    switch (event.type) {
      case "start":
        this.#start(event.model ?? this.#context.model, out);
        return;
      case "text":
        this.#enter("text", 0, { type: "text", text: "" }, out);
        this.#delta({ type: "text_delta", text: event.text }, out);
        return;
      case "reasoning":
        this.#enter("thinking", 0, { type: "thinking", thinking: "", signature: "" }, out);
        this.#delta({ type: "thinking_delta", thinking: event.text }, out);
        return;
      case "signature":
        this.#enter("thinking", 0, { type: "thinking", thinking: "", signature: "" }, out);
        this.#delta({ type: "signature_delta", signature: event.signature }, out);
        this.#leave(out);
        return;
      case "redacted":
        this.#leave(out);
        this.#enter("thinking", 0, { type: "redacted_thinking", data: event.data }, out);
        this.#leave(out);
        return;
      case "tool_call": {
        const { call, name, signature } = event;
        const id = withSignature(event.id, signature);
        this.#enter("tool", call, { type: "tool_use", id, name, input: {} }, out);
        return;
      }
      case "arguments":
        if (this.#open?.kind !== "tool" || this.#open.call !== event.call)
          throw new GatewayError("upstream_invalid", "the provider's tool calls are interleaved");
        this.#delta({ type: "input_json_delta", partial_json: event.fragment }, out);
        return;
      case "image":
        return;
      case "finish":
        this.#finish = event;
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
    return Buffer.from(`event: error\ndata: ${JSON.stringify(anthropicErrorBody(error))}\n\n`);
  }

  #start(model: string, out: ByteRuns): void {
    const { id, inputTokens } = this.#context;
    // The actual input tokens come with the last delta.
    const usage = { inputTokens, outputTokens: 0 };
    write(out, "message_start", {
      message: {
        id: messageId(id),
        type: "message",
        role: "assistant",
        model,
        content: [],
        stop_reason: null,
        stop_sequence: null,
        usage: encodeMessagesUsage(usage),
      },
    });
  }

  /** Opens a block unless just this one is open. */
  #enter(kind: OpenBlock["kind"], call: number, block: object, out: ByteRuns): void {
    if (this.#open?.kind === kind && this.#open.call === call) return;
    this.#leave(out);
    this.#open = { kind, call };
    write(out, "content_block_start", { index: this.#blocks, content_block: block });
  }

  #leave(out: ByteRuns): void {
    if (this.#open === undefined) return;
    write(out, "content_block_stop", { index: this.#blocks });
    this.#open = undefined;
    this.#blocks += 1;
  }

  #delta(delta: object, out: ByteRuns): void {
    write(out, "content_block_delta", { index: this.#blocks, delta });
  }

  #end(out: ByteRuns): void {
    this.#leave(out);
    write(out, "message_delta", {
      delta: encodeStop(this.#finish?.reason ?? "stop", this.#finish?.stopSequence),
      usage: encodeMessagesUsage(this.#usage ?? { inputTokens: this.#context.inputTokens, outputTokens: 0 }),
    });
    write(out, "message_stop", {});
  }
}

function write(out: ByteRuns, type: string, members: object): void {
  out.add(Buffer.from(`event: ${type}\ndata: ${JSON.stringify({ type, ...members })}\n\n`));
}
