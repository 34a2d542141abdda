import type { Usage } from "../usage/usage.ts";

/** A usage compared with its total; doubtful where the two contradict each other and no known way to count explains it. */
export interface ComparedUsage {
  readonly usage: Usage;
  readonly isDoubtful: boolean;
}

/**
 * Compares a usage with the total that the provider gives beside it. Some servers count reasoning beside the completion (xAI,
 * https://docs.x.ai/docs/guides/reasoning, 2026-12-01), some the cached input beside the prompt; both are in the total. Tokens that nothing explains are
 * charged as output, the dearer side.
 */
export function compareWithTotal(usage: Usage, total: number | undefined): ComparedUsage {
  const { inputTokens, outputTokens, reasoningTokens = 0 } = usage;
  if (inputTokens === undefined || outputTokens === undefined) return { usage, isDoubtful: false };
  const cached =
    (usage.cachedInputTokens ?? 0) + (usage.cacheWriteTokens ?? 0) + (usage.cacheWrite1hTokens ?? 0);
  const beside = (total ?? 0) - inputTokens - outputTokens;
  if (beside > 0 && beside === reasoningTokens)
    return { usage: { ...usage, outputTokens: outputTokens + beside }, isDoubtful: false };
  if (beside > 0 && beside === cached)
    return { usage: { ...usage, inputTokens: inputTokens + beside }, isDoubtful: false };
  if (beside > 0)
    return { usage: { ...usage, outputTokens: outputTokens + beside }, isDoubtful: beside < reasoningTokens };
  if (reasoningTokens > outputTokens)
    return { usage: { ...usage, outputTokens: outputTokens + reasoningTokens }, isDoubtful: true };
  if (cached > inputTokens)
    return { usage: { ...usage, inputTokens: inputTokens + cached }, isDoubtful: true };
  return { usage, isDoubtful: false };
}
