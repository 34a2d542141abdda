import type { Usage } from "../../usage/usage.ts";
import { type JsonObject, objectOf, tokensOf } from "../json-view.ts";
import { known } from "../known.ts";

/**
 * OpenAI's usage object as canonical usage (https://developers.openai.com/api/reference/resources/chat): details are inside the totals.
 * Compatible servers write the cached count in other places too (§1.12).
 */
export function readChatUsage(usage: JsonObject, serviceTier: unknown): Usage {
  const input = objectOf(usage.prompt_tokens_details) ?? objectOf(usage.prompt_token_details) ?? {};
  const output = objectOf(usage.completion_tokens_details) ?? {};
  const cached =
    input.cached_tokens ??
    usage.cached_tokens ??
    usage.num_cached_tokens ??
    usage.prompt_cache_hit_tokens ??
    usage.cache_read_input_tokens;
  return {
    inputTokens: tokensOf(usage.prompt_tokens),
    outputTokens: tokensOf(usage.completion_tokens),
    ...known("cachedInputTokens", tokensOf(cached)),
    ...known("cacheWriteTokens", tokensOf(input.cache_write_tokens)),
    ...known("reasoningTokens", tokensOf(output.reasoning_tokens ?? usage.reasoning_tokens)),
    ...known("audioInputTokens", tokensOf(input.audio_tokens)),
    ...known("audioOutputTokens", tokensOf(output.audio_tokens)),
    ...known("imageInputTokens", tokensOf(input.image_tokens)),
    ...known("imageOutputTokens", tokensOf(output.image_tokens)),
    ...known("serviceTier", typeof serviceTier === "string" ? serviceTier : undefined),
  };
}
