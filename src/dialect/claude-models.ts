/** What Claude's models differ in (https://platform.claude.com/docs/en/api/messages). */
export interface ClaudeTraits {
  /** Can be told to think. */
  readonly thinks: boolean;
  /** Thinks by effort, as much as it sees fit. */
  readonly adaptive: boolean;
  /** Takes temperature, top_p and top_k. */
  readonly samples: boolean;
}

const namePattern = /claude-(?:[a-z]+-)?(\d+)(?:[-.](\d{1,2}))?(?!\d)/;

/** The traits of a model by its name, also as Bedrock writes it; a name that tells no version is taken for the newest. */
export function claudeTraits(model: string): ClaudeTraits {
  const match = namePattern.exec(model);
  const version = match === null ? Number.POSITIVE_INFINITY : Number(match[1]) * 100 + Number(match[2] ?? 0);
  return { thinks: version >= 307, adaptive: version >= 406, samples: version <= 406 };
}

/** True if a model is one of Claude's, also in Bedrock's spelling. */
export function isClaude(model: string): boolean {
  return model.includes("claude");
}
