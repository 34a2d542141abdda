/** The most output tokens a model can be asked for: a higher cap is refused upstream, so ours is clamped to it. */
export function outputCeilingOf(model: string): number {
  for (const [prefix, tokens] of ceilings) {
    if (model.startsWith(prefix)) return tokens;
  }
  return unknownModelTokens;
}

/** For models not in the table: no real model answers more, so a client's own cap stands. */
const unknownModelTokens = 131_072;

/**
 * By model name, the longer prefix first. As published by the vendors, 2026-09:
 * https://platform.openai.com/docs/models, https://docs.anthropic.com/en/docs/about-claude/models, https://ai.google.dev/gemini-api/docs/models
 */
const ceilings: readonly (readonly [prefix: string, tokens: number])[] = [
  ["gpt-5", 128_000],
  ["gpt-4.1", 32_768],
  ["gpt-4o", 16_384],
  ["gpt-4-turbo", 4_096],
  ["gpt-3.5-turbo", 4_096],
  ["o1", 100_000],
  ["o3", 100_000],
  ["o4-mini", 100_000],
  ["claude-opus-4-1", 32_000],
  ["claude-opus-4-2", 32_000],
  ["claude-sonnet-4", 64_000],
  ["claude-haiku-4", 64_000],
  ["claude-3-7-sonnet", 64_000],
  ["claude-3-5", 8_192],
  ["claude-3", 4_096],
  ["gemini-2.5", 65_536],
  ["gemini-2.0", 8_192],
];
