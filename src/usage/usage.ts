/**
 * Tokens by class, canonical for every provider: `inputTokens` is the total with cached and cache writes inside,
 * `outputTokens` the total with reasoning inside. Counts are non-negative integers; unknown (undefined) is not zero.
 */
export interface Usage {
  readonly inputTokens: number | undefined;
  readonly outputTokens: number | undefined;
  readonly cachedInputTokens?: number;
  /** Written to the provider's cache for 5 minutes. */
  readonly cacheWriteTokens?: number;
  /** Written to the provider's cache for an hour; not part of `cacheWriteTokens`. */
  readonly cacheWrite1hTokens?: number;
  readonly reasoningTokens?: number;
  readonly audioInputTokens?: number;
  readonly audioOutputTokens?: number;
  readonly imageInputTokens?: number;
  readonly imageOutputTokens?: number;
  /** Web searches that the provider made, and bills by the search. */
  readonly searches?: number;
  /** Calls that the provider bills for this one, where it says so (Cohere's search units); absent: one. */
  readonly calls?: number;
  /** The service tier that the response names (`default`, `priority`, `flex`, `batch`); it decides the price. */
  readonly serviceTier?: string;
}

/** Where a usage came from: the provider said so, we counted, we took the hold, or the provider's was incomplete and the rest was counted. */
export const usageSources = ["provider", "counted", "estimated", "partial"] as const;

/** One of {@link usageSources}. */
export type UsageSource = (typeof usageSources)[number];

/** Usage of which nothing is known. */
export const unknownUsage: Usage = { inputTokens: undefined, outputTokens: undefined };
