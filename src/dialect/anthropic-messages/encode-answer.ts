import type { Usage } from "../../usage/usage.ts";
import { calledInput } from "../called-input.ts";
import type { AnswerContext } from "../codec.ts";
import type { ModelAnswer } from "../model-answer.ts";
import type { FinishReason } from "../model-event.ts";
import type { AnswerPart } from "../model-request.ts";
import { withSignature } from "../tool-call-id.ts";

/** A message's id, made from the exchange's. */
export function messageId(id: string): string {
  return `msg_${id.replaceAll("-", "")}`;
}

/** A whole message. */
export function encodeMessage(answer: ModelAnswer, context: AnswerContext): object {
  const [{ parts, finish, stopSequence }] = answer.choices;
  return {
    id: messageId(context.id),
    type: "message",
    role: "assistant",
    model: answer.model,
    content: parts.flatMap((part) => encodePart(part, finish)),
    ...encodeStop(finish, stopSequence),
    usage: encodeMessagesUsage(answer.usage ?? { inputTokens: context.inputTokens, outputTokens: 0 }),
  };
}

/** Anthropic's words for why an answer ended. */
export function encodeStop(
  reason: FinishReason,
  sequence: string | true | undefined,
): { readonly stop_reason: string; readonly stop_sequence: string | null } {
  if (reason === "stop" && sequence !== undefined)
    return { stop_reason: "stop_sequence", stop_sequence: sequence === true ? null : sequence };
  return { stop_reason: stopReasons[reason], stop_sequence: null };
}

const stopReasons: Readonly<Record<FinishReason, string>> = {
  stop: "end_turn",
  length: "max_tokens",
  tool_calls: "tool_use",
  content_filter: "refusal",
  // The format has no word for a model that failed; this one is not taken for an answer.
  error: "refusal",
};

/** Anthropic's usage: cache reads and writes are counted beside the input. Unknown counts are written as 0. */
export function encodeMessagesUsage(usage: Usage): object {
  const { inputTokens = 0, outputTokens = 0, cachedInputTokens = 0 } = usage;
  const { cacheWriteTokens = 0, cacheWrite1hTokens = 0 } = usage;
  const written = cacheWriteTokens + cacheWrite1hTokens;
  return {
    input_tokens: Math.max(0, inputTokens - cachedInputTokens - written),
    cache_creation_input_tokens: written,
    cache_read_input_tokens: cachedInputTokens,
    output_tokens: outputTokens,
  };
}

function encodePart(part: AnswerPart, finish: FinishReason): readonly object[] {
  switch (part.type) {
    case "text":
      return [{ type: "text", text: part.text }];
    case "image":
      return [];
    case "reasoning":
      return [{ type: "thinking", thinking: part.text, signature: part.signature ?? "" }];
    case "redacted":
      return [{ type: "redacted_thinking", data: part.data }];
    case "tool_call": {
      const id = withSignature(part.id, part.signature);
      const input = calledInput(part.arguments, finish);
      return input === undefined ? [] : [{ type: "tool_use", id, name: part.name, input }];
    }
  }
}
