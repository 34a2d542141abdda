import type { Usage } from "../../usage/usage.ts";
import { type JsonObject, listOf, objectOf, textOf, tokensOf } from "../json-view.ts";
import { known } from "../known.ts";

/**
 * Anthropic's usage object as canonical usage (https://platform.claude.com/docs/en/api/messages): `input_tokens` excludes what was read from and written to
 * the cache, and compaction is billed beside the totals. `outputKnown` is false while only the start of a stream has been seen.
 */
export function readMessagesUsage(usage: JsonObject, outputKnown: boolean): Usage {
  const compactions = listOf(usage.iterations).flatMap((item) => {
    const iteration = objectOf(item);
    return iteration?.type === "compaction" ? [iteration] : [];
  });
  const parts = [usage, ...compactions];
  const sum = (read: (part: JsonObject) => number | undefined) =>
    parts.reduce((total, part) => total + (read(part) ?? 0), 0);
  const uncached = tokensOf(usage.input_tokens);
  const read = sum((part) => tokensOf(part.cache_read_input_tokens));
  const written1h = sum(hourTokens);
  const written5m = sum(
    (part) => (tokensOf(part.cache_creation_input_tokens) ?? 0) - (hourTokens(part) ?? 0),
  );
  const input = sum((part) => tokensOf(part.input_tokens)) + read + written5m + written1h;
  const thinking = tokensOf(objectOf(usage.output_tokens_details)?.thinking_tokens);
  const output = tokensOf(usage.output_tokens);
  return {
    inputTokens: uncached === undefined ? undefined : input,
    outputTokens:
      outputKnown && output !== undefined ? sum((part) => tokensOf(part.output_tokens)) : undefined,
    cachedInputTokens: read,
    cacheWriteTokens: Math.max(0, written5m),
    cacheWrite1hTokens: written1h,
    ...known("reasoningTokens", thinking),
    ...known("searches", tokensOf(objectOf(usage.server_tool_use)?.web_search_requests) || undefined),
    ...known("serviceTier", premiumOf(usage) ?? textOf(usage.service_tier)),
  };
}

/**
 * Surcharges on the standard price that are not tiers by name: fast mode, and inference in one geography, which a workspace may have
 * for its default (build-with-claude/fast-mode and data-residency, 2026-11-30).
 */
function premiumOf({ speed, inference_geo: geo }: JsonObject): string | undefined {
  if (speed === "fast") return "fast";
  return geo === "us" ? "geo_us" : undefined;
}

function hourTokens(part: JsonObject): number | undefined {
  return tokensOf(objectOf(part.cache_creation)?.ephemeral_1h_input_tokens);
}

/** Merges later usage over earlier. Usage is cumulative; members that later usage omits or sets to null stay as they were. */
export function mergeUsage(earlier: JsonObject, later: JsonObject): JsonObject {
  return { ...earlier, ...Object.fromEntries(Object.entries(later).filter(([, value]) => value !== null)) };
}
