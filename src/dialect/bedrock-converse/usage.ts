import type { Usage } from "../../usage/usage.ts";
import { type JsonObject, listOf, objectOf, textOf, tokensOf } from "../json-view.ts";
import { known } from "../known.ts";

/** Converse's usage as canonical usage (https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html): `inputTokens` excludes what was read from and written to the cache. */
export function readConverseUsage(usage: JsonObject, serviceTier: unknown): Usage {
  const uncached = tokensOf(usage.inputTokens);
  const read = tokensOf(usage.cacheReadInputTokens) ?? 0;
  const written = tokensOf(usage.cacheWriteInputTokens) ?? 0;
  const written1h = listOf(usage.cacheDetails).reduce<number>((total, item) => {
    const detail = objectOf(item);
    return total + (detail?.ttl === "1h" ? (tokensOf(detail.inputTokens) ?? 0) : 0);
  }, 0);
  return {
    inputTokens: uncached === undefined ? undefined : uncached + read + written,
    outputTokens: tokensOf(usage.outputTokens),
    cachedInputTokens: read,
    cacheWriteTokens: Math.max(0, written - written1h),
    cacheWrite1hTokens: written1h,
    ...known("serviceTier", textOf(objectOf(serviceTier)?.type)),
  };
}
