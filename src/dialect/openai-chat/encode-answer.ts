import type { Usage } from "../../usage/usage.ts";
import type { AnswerContext } from "../codec.ts";
import type { AnswerChoice, ModelAnswer } from "../model-answer.ts";
import type { FinishReason } from "../model-event.ts";
import type { AnswerPart } from "../model-request.ts";
import { withSignature } from "../tool-call-id.ts";
import { sealThought } from "./thought-seal.ts";

/** A chat answer's id, made from the exchange's. */
export function chatId(id: string): string {
  return `chatcmpl-${id.replaceAll("-", "")}`;
}

/** A whole chat answer. */
export function encodeChat(answer: ModelAnswer, context: AnswerContext): object {
  return {
    id: chatId(context.id),
    object: "chat.completion",
    created: context.createdSec,
    model: answer.model,
    choices: answer.choices.map(encodeChoice),
    ...(answer.usage === undefined ? {} : { usage: encodeChatUsage(answer.usage) }),
  };
}

/** OpenAI's usage object: details are inside the totals. Unknown counts are written as 0, since the format cannot express them. */
export function encodeChatUsage(usage: Usage): object {
  const { inputTokens = 0, outputTokens = 0, cachedInputTokens, reasoningTokens } = usage;
  const written = (usage.cacheWriteTokens ?? 0) + (usage.cacheWrite1hTokens ?? 0);
  return {
    prompt_tokens: inputTokens,
    completion_tokens: outputTokens,
    total_tokens: inputTokens + outputTokens,
    prompt_tokens_details: {
      cached_tokens: cachedInputTokens ?? 0,
      ...(written === 0 ? {} : { cache_write_tokens: written }),
    },
    completion_tokens_details: { reasoning_tokens: reasoningTokens ?? 0 },
  };
}

/** A picture as OpenRouter and LiteLLM write it into a message (https://openrouter.ai/docs/features/multimodal/image-generation, 2026-12-01): OpenAI's own format has none. */
export function encodeChatImage(mediaType: string, data: string): object {
  return { type: "image_url", image_url: { url: `data:${mediaType};base64,${data}` } };
}

/** OpenAI's word for why an answer ended. It has none for a model that failed; typed clients take no other, and this one is not taken for an answer. */
export function chatFinish(reason: FinishReason): string {
  return reason === "error" ? "content_filter" : reason;
}

function encodeChoice({ parts, finish }: AnswerChoice, index: number): object {
  const text = join(parts, (part) => (part.type === "text" ? part.text : ""));
  const reasoning = join(parts, (part) => (part.type === "reasoning" ? part.text : ""));
  const thoughts = parts.flatMap(encodeThought);
  const images = parts.flatMap((part) =>
    part.type === "image" && part.source.kind === "base64"
      ? [encodeChatImage(part.source.mediaType, part.source.data)]
      : [],
  );
  const calls = parts.flatMap((part) =>
    part.type === "tool_call"
      ? [
          {
            id: withSignature(part.id, part.signature),
            type: "function",
            function: { name: part.name, arguments: part.arguments },
          },
        ]
      : [],
  );
  return {
    index,
    message: {
      role: "assistant",
      content: text === "" && calls.length > 0 ? null : text,
      refusal: null,
      ...(reasoning === "" ? {} : { reasoning_content: reasoning }),
      ...(thoughts.length === 0 ? {} : { thinking_blocks: thoughts }),
      ...(images.length === 0 ? {} : { images }),
      ...(calls.length === 0 ? {} : { tool_calls: calls }),
    },
    logprobs: null,
    finish_reason: chatFinish(finish),
  };
}

/** Thoughts with their vendor's proof, for clients that hand them back. */
function encodeThought(part: AnswerPart): readonly object[] {
  if (part.type === "redacted") return [{ type: "redacted_thinking", data: sealThought(part.data) }];
  if (part.type !== "reasoning" || part.signature === undefined) return [];
  return [{ type: "thinking", thinking: part.text, signature: sealThought(part.signature) }];
}

function join(parts: readonly AnswerPart[], textOf: (part: AnswerPart) => string): string {
  return parts.map(textOf).join("");
}
