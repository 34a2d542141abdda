/** Output of a provider that the client's format has no place for. */
export const lostOutputs = [
  "images",
  "audio",
  "video",
  "citations",
  "code",
  "server_tools",
  "log_probabilities",
] as const;

/** One of {@link lostOutputs}. */
export type LostOutput = (typeof lostOutputs)[number];
