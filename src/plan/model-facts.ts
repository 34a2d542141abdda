/** The abilities and bounds of a model. */
export interface ModelFacts {
  /** The most output tokens: a higher cap is refused upstream, so ours is clamped to it. */
  readonly outputTokensMax: number;
  /** Input and output together. Undefined if unknown, so that no target is left out for its size. */
  readonly contextTokensMax: number | undefined;
  /** Undefined: not known. */
  readonly capabilities: readonly Capability[] | undefined;
}

/** The output tokens for an answer without any cap: enough for most, and little enough to hold. */
const usualOutputTokens = 8_192;
/**
 * The same where reasoning comes out of it unasked; OpenAI advises to leave 25,000 at least
 * (https://developers.openai.com/api/docs/guides/reasoning, seen 2026-12).
 */
const reasoningOutputTokens = 32_768;
const reasonsUnasked =
  /^(?:o[1-9]\b|gpt-[5-9](?!(?:\.\d+)?-chat)|gemini-(?:2\.5|[3-9])|deepseek-r|grok-[4-9]|magistral)/;

/** The cap that an answer of a model gets where neither client nor policy says one. */
export function usualOutputTokensOf(model: string): number {
  const name = model.slice(model.lastIndexOf("/") + 1).toLowerCase();
  return reasonsUnasked.test(name) ? reasoningOutputTokens : usualOutputTokens;
}

/** Abilities that a request may need of a model. */
export const capabilities = ["tools", "images", "json-schema", "reasoning"] as const;
/** One of {@link capabilities}. */
export type Capability = (typeof capabilities)[number];

/** The facts of a model by its provider's name for it; Bedrock's prefixes of region and vendor are passed over. */
export function modelFactsOf(model: string): ModelFacts {
  const name = model.replace(/^(?:(?:us|eu|apac|global)\.)?(?:anthropic|amazon|meta|mistral|cohere)\./, "");
  for (const [prefix, facts] of table) {
    if (name.startsWith(prefix)) return facts;
  }
  return unknownModel;
}

/** No real model answers more than this, so a client's own cap stands. */
const unknownModel: ModelFacts = Object.freeze({
  outputTokensMax: 131_072,
  contextTokensMax: undefined,
  capabilities: undefined,
});

function facts(outputTokensMax: number, contextTokensMax: number, ...can: readonly Capability[]): ModelFacts {
  return Object.freeze({ outputTokensMax, contextTokensMax, capabilities: can });
}

/**
 * By model name, the longer prefix first. As published by the vendors, 2026-09: https://developers.openai.com/api/docs/models,
 * https://platform.claude.com/docs/en/about-claude/models/overview, https://ai.google.dev/gemini-api/docs/models,
 * https://docs.aws.amazon.com/nova/latest/userguide/what-is-nova.html
 */
const table: readonly (readonly [prefix: string, facts: ModelFacts])[] = [
  ["gpt-5", facts(128_000, 400_000, "tools", "images", "json-schema", "reasoning")],
  ["gpt-4.1", facts(32_768, 1_047_576, "tools", "images", "json-schema")],
  ["gpt-4o", facts(16_384, 128_000, "tools", "images", "json-schema")],
  ["gpt-4-turbo", facts(4_096, 128_000, "tools", "images")],
  ["gpt-3.5-turbo", facts(4_096, 16_385, "tools")],
  ["o1", facts(100_000, 200_000, "tools", "images", "json-schema", "reasoning")],
  ["o3", facts(100_000, 200_000, "tools", "images", "json-schema", "reasoning")],
  ["o4-mini", facts(100_000, 200_000, "tools", "images", "json-schema", "reasoning")],
  ["claude-opus-4-1", facts(32_000, 200_000, "tools", "images", "reasoning")],
  ["claude-opus-4-2", facts(32_000, 200_000, "tools", "images", "reasoning")],
  ["claude-opus-4-5", facts(64_000, 200_000, "tools", "images", "json-schema", "reasoning")],
  ["claude-sonnet-4-2", facts(64_000, 200_000, "tools", "images", "reasoning")],
  ["claude-sonnet-4", facts(64_000, 200_000, "tools", "images", "json-schema", "reasoning")],
  ["claude-haiku-4", facts(64_000, 200_000, "tools", "images", "json-schema", "reasoning")],
  ["claude-3-7-sonnet", facts(64_000, 200_000, "tools", "images", "reasoning")],
  ["claude-3-5", facts(8_192, 200_000, "tools", "images")],
  ["claude-3", facts(4_096, 200_000, "tools", "images")],
  ["gemini-2.5", facts(65_536, 1_048_576, "tools", "images", "json-schema", "reasoning")],
  ["gemini-2.0", facts(8_192, 1_048_576, "tools", "images", "json-schema")],
  ["nova-micro", facts(10_000, 128_000, "tools")],
  ["nova-lite", facts(10_000, 300_000, "tools", "images")],
  ["nova-pro", facts(10_000, 300_000, "tools", "images")],
];
