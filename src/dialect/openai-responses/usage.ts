import type { Usage } from "../../usage/usage.ts";
import { type JsonObject, objectOf, textOf, tokensOf } from "../json-view.ts";
import { known } from "../known.ts";

/** The usage object of a response as canonical usage (https://developers.openai.com/api/reference/resources/responses): details are inside the totals. */
export function readResponsesUsage(usage: JsonObject, serviceTier: unknown): Usage {
  const input = objectOf(usage.input_tokens_details) ?? {};
  const output = objectOf(usage.output_tokens_details) ?? {};
  return {
    inputTokens: tokensOf(usage.input_tokens),
    outputTokens: tokensOf(usage.output_tokens),
    ...known("cachedInputTokens", tokensOf(input.cached_tokens)),
    ...known("cacheWriteTokens", tokensOf(input.cache_write_tokens)),
    ...known("reasoningTokens", tokensOf(output.reasoning_tokens)),
    ...known("serviceTier", textOf(serviceTier)),
  };
}
