import type { Usage } from "../../usage/usage.ts";
import type { AnswerContext } from "../codec.ts";
import { parseExactObject } from "../exact-json.ts";
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

/** A call as a part. A model may write arguments that are no object; the format has no other way to show them. */
export function encodeCall(call: ToolCallPart): object {
  const { id, name, signature } = call;
  return {
    functionCall: { id, name, args: parseExactObject(call.arguments) ?? {} },
    ...(signature === undefined ? {} : { thoughtSignature: signature }),
  };
}

function encodeChoice({ parts, finish }: AnswerChoice, index: number): object {
  const content = { role: "model", parts: parts.map(encodePart) };
  return { content, finishReason: finishReasonOf(finish), index };
}

function encodePart(part: AnswerPart): object {
  switch (part.type) {
    case "text":
      return { text: part.text };
    case "reasoning": {
      const { text, signature } = part;
      return { text, thought: true, ...(signature === undefined ? {} : { thoughtSignature: signature }) };
    }
    case "redacted":
      return { text: "", thought: true, thoughtSignature: redactedSignature(part.data) };
    case "tool_call":
      return encodeCall(part);
  }
}
