import type { ByteRuns } from "../../core/byte-runs.ts";
import { GatewayError } from "../../core/errors.ts";
import { encodeEventStreamMessage } from "../../core/event-stream.ts";
import type { Usage } from "../../usage/usage.ts";
import { bedrockException } from "../bedrock-error.ts";
import { CallWatch } from "../call-watch.ts";
import type { AnswerContext, EventEncoder } from "../codec.ts";
import type { FinishEvent, ModelEvent } from "../model-event.ts";
import { withSignature } from "../tool-call-id.ts";
import { WholeEncoder } from "../whole-encoder.ts";
import { encodeConverse, encodeConverseUsage, stopReasonOf } from "./encode-answer.ts";

/** The writer of a Converse answer, streamed or whole. */
export function encodeConverseAnswer(context: AnswerContext): EventEncoder {
  if (context.facts.stream) return new ConverseEncoder();
  return new WholeEncoder(context, encodeConverse);
}

/** The block that is open: what kind, and for tools which call. */
interface OpenBlock {
  readonly kind: "text" | "thought" | "tool";
  readonly call: number;
}

/** Writes a ConverseStream (https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ConverseStream.html): one block at a time; `metadata` with the usage comes last. */
class ConverseEncoder implements EventEncoder {
  #open: OpenBlock | undefined;
  #blocks = 0;
  readonly #calls = new CallWatch();
  #usage: Usage | undefined;
  #finish: FinishEvent | undefined;

  encode(event: ModelEvent, out: ByteRuns): void {
    if ("choice" in event) this.#calls.follow(event);
    switch (event.type) {
      case "start":
        write(out, "messageStart", { role: "assistant" });
        return;
      case "text":
        this.#enter("text", 0, out);
        this.#delta({ text: event.text }, out);
        return;
      case "reasoning":
        this.#enter("thought", 0, out);
        this.#delta({ reasoningContent: { text: event.text } }, out);
        return;
      case "signature":
        this.#enter("thought", 0, out);
        this.#delta({ reasoningContent: { signature: event.signature } }, out);
        this.#leave(out);
        return;
      case "redacted":
        this.#leave(out);
        this.#enter("thought", 0, out);
        this.#delta({ reasoningContent: { redactedContent: event.data } }, out);
        this.#leave(out);
        return;
      case "tool_call": {
        this.#enter("tool", event.call, out);
        const toolUse = { toolUseId: withSignature(event.id, event.signature), name: event.name };
        write(out, "contentBlockStart", { contentBlockIndex: this.#blocks, start: { toolUse } });
        return;
      }
      case "arguments":
        if (this.#open?.kind !== "tool" || this.#open.call !== event.call)
          throw new GatewayError("upstream_invalid", "the provider's tool calls are interleaved");
        this.#delta({ toolUse: { input: event.fragment } }, out);
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
        this.#leave(out);
        write(out, "messageStop", {
          stopReason: stopReasonOf(this.#finish?.reason ?? "stop", this.#finish?.stopSequence),
        });
        write(out, "metadata", this.#usage === undefined ? {} : { usage: encodeConverseUsage(this.#usage) });
        return;
    }
  }

  breakOff(error: GatewayError): Buffer {
    return bedrockException(error);
  }

  /** Opens a block unless just this one is open; only those of tools say so. */
  #enter(kind: OpenBlock["kind"], call: number, out: ByteRuns): void {
    if (this.#open?.kind === kind && this.#open.call === call) return;
    this.#leave(out);
    this.#open = { kind, call };
  }

  #leave(out: ByteRuns): void {
    if (this.#open === undefined) return;
    write(out, "contentBlockStop", { contentBlockIndex: this.#blocks });
    this.#open = undefined;
    this.#blocks += 1;
  }

  #delta(delta: object, out: ByteRuns): void {
    write(out, "contentBlockDelta", { contentBlockIndex: this.#blocks, delta });
  }
}

function write(out: ByteRuns, type: string, payload: object): void {
  const headers = [
    [":event-type", type],
    [":content-type", "application/json"],
    [":message-type", "event"],
  ] as const;
  out.add(encodeEventStreamMessage(headers, Buffer.from(JSON.stringify(payload))));
}
