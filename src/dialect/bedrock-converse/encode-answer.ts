import type { Usage } from "../../usage/usage.ts";
import { calledInput } from "../called-input.ts";
import type { ModelAnswer } from "../model-answer.ts";
import type { FinishReason } from "../model-event.ts";
import type { AnswerPart } from "../model-request.ts";
import { withSignature } from "../tool-call-id.ts";

/** A whole Converse answer. */
export function encodeConverse(answer: ModelAnswer): object {
  const [{ parts, finish, stopSequence }] = answer.choices;
  return {
    output: { message: { role: "assistant", content: parts.flatMap((part) => encodePart(part, finish)) } },
    stopReason: stopReasonOf(finish, stopSequence),
    ...(answer.usage === undefined ? {} : { usage: encodeConverseUsage(answer.usage) }),
  };
}

/** Bedrock's words for why an answer ended. */
export function stopReasonOf(reason: FinishReason, sequence: string | true | undefined): string {
  return reason === "stop" && sequence !== undefined ? "stop_sequence" : stopReasons[reason];
}

const stopReasons: Readonly<Record<FinishReason, string>> = {
  stop: "end_turn",
  length: "max_tokens",
  tool_calls: "tool_use",
  content_filter: "content_filtered",
  error: "malformed_model_output",
};

/** Bedrock's usage: cache reads and writes are counted beside the input. Unknown counts are written as 0. */
export function encodeConverseUsage(usage: Usage): object {
  const { inputTokens = 0, outputTokens = 0, cachedInputTokens = 0 } = usage;
  const { cacheWriteTokens = 0, cacheWrite1hTokens = 0 } = usage;
  const written = cacheWriteTokens + cacheWrite1hTokens;
  return {
    inputTokens: Math.max(0, inputTokens - cachedInputTokens - written),
    outputTokens,
    totalTokens: inputTokens + outputTokens,
    cacheReadInputTokens: cachedInputTokens,
    cacheWriteInputTokens: written,
  };
}

function encodePart(part: AnswerPart, finish: FinishReason): readonly object[] {
  switch (part.type) {
    case "text":
      return [{ text: part.text }];
    case "image":
      return [];
    case "reasoning":
      return [{ reasoningContent: { reasoningText: { text: part.text, signature: part.signature } } }];
    case "redacted":
      return [{ reasoningContent: { redactedContent: part.data } }];
    case "tool_call": {
      const toolUseId = withSignature(part.id, part.signature);
      const input = calledInput(part.arguments, finish);
      return input === undefined ? [] : [{ toolUse: { toolUseId, name: part.name, input } }];
    }
  }
}
