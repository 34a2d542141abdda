import type { Usage } from "../../usage/usage.ts";
import { calledInput } from "../called-input.ts";
import type { AnswerContext } from "../codec.ts";
import type { AnswerChoice, ModelAnswer } from "../model-answer.ts";
import type { FinishReason } from "../model-event.ts";
import type { AnswerPart, ToolCallPart } from "../model-request.ts";
import { redactedSignature } from "./thought.ts";

/** A whole Gemini answer. */
export function encodeGenerate(answer: ModelAnswer, context: AnswerContext): object {
  return {
    candidates: answer.choices.map(encodeChoice),
    ...(answer.usage === undefined ? {} : { usageMetadata: encodeGenerateUsage(answer.usage) }),
    modelVersion: answer.model,
    responseId: context.id,
  };
}

/** Gemini's words for why an answer ended; a call of a tool ends with STOP too. */
export function finishReasonOf(reason: FinishReason): string {
  return finishReasons[reason];
}

const finishReasons: Readonly<Record<FinishReason, string>> = {
  stop: "STOP",
  length: "MAX_TOKENS",
  tool_calls: "STOP",
  content_filter: "SAFETY",
  error: "OTHER",
};

/** Gemini's usage: thoughts are counted beside the candidates. Unknown counts are written as 0. */
export function encodeGenerateUsage(usage: Usage): object {
  const { inputTokens = 0, outputTokens = 0, cachedInputTokens, reasoningTokens = 0 } = usage;
  return {
    promptTokenCount: inputTokens,
    ...(cachedInputTokens === undefined ? {} : { cachedContentTokenCount: cachedInputTokens }),
    candidatesTokenCount: Math.max(0, outputTokens - reasoningTokens),
    ...(reasoningTokens === 0 ? {} : { thoughtsTokenCount: reasoningTokens }),
    totalTokenCount: inputTokens + outputTokens,
  };
}

/** A call as a part; undefined for one that was cut off. Throws `upstream_invalid` for arguments that are no object. */
export function encodeCall(call: ToolCallPart, finish: FinishReason | undefined): object | undefined {
  const { id, name, signature } = call;
  const args = calledInput(call.arguments, finish);
  if (args === undefined) return undefined;
  return {
    functionCall: { id, name, args },
    ...(signature === undefined ? {} : { thoughtSignature: signature }),
  };
}

/** A picture as a part. */
export function encodeImage(mimeType: string, data: string): object {
  return { inlineData: { mimeType, data } };
}

function encodeChoice({ parts, finish }: AnswerChoice, index: number): object {
  const content = { role: "model", parts: parts.flatMap((part) => encodePart(part, finish) ?? []) };
  return { content, finishReason: finishReasonOf(finish), index };
}

function encodePart(part: AnswerPart, finish: FinishReason): object | undefined {
  switch (part.type) {
    case "text":
      return { text: part.text };
    case "image":
      return part.source.kind === "base64" ? encodeImage(part.source.mediaType, part.source.data) : undefined;
    case "reasoning": {
      const { text, signature } = part;
      return { text, thought: true, ...(signature === undefined ? {} : { thoughtSignature: signature }) };
    }
    case "redacted":
      return { text: "", thought: true, thoughtSignature: redactedSignature(part.data) };
    case "tool_call":
      return encodeCall(part, finish);
  }
}
