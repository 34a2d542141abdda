/**
 * Names of the Claudes before 4.7, by which they are told from later ones: those have another tokenizer, which makes about 30 % more tokens of the
 * same text (https://platform.claude.com/docs/en/about-claude/pricing, seen 2026-12-01), and take larger images. Opus 4 stands here with its date, as
 * 4.1, 4.5 and 4.6, as Anthropic, Google and OpenRouter write them.
 */
export const earlyClaudes: readonly string[] = [
  "claude-2",
  "claude-3",
  "claude-instant",
  "claude-sonnet-4",
  "claude-haiku-4",
  ...["-2", "@", "-0", "-1", "-5", "-6", ".1", ".5", ".6"].map((version) => `claude-opus-4${version}`),
];
