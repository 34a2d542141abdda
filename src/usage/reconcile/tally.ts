/** Calls and tokens of one side; `calls` undefined where the provider does not count them. */
export interface Tally {
  readonly calls: number | undefined;
  readonly inputTokens: number;
  readonly outputTokens: number;
}

/** Nothing counted yet. */
export const noTally: Tally = { calls: 0, inputTokens: 0, outputTokens: 0 };

/** Two tallies together; calls stay uncounted where one side does not count them. */
export function plus(left: Tally, right: Tally): Tally {
  return {
    calls: left.calls === undefined || right.calls === undefined ? undefined : left.calls + right.calls,
    inputTokens: left.inputTokens + right.inputTokens,
    outputTokens: left.outputTokens + right.outputTokens,
  };
}

/** True if two sides agree; calls are compared only where both count them. */
export function agree(left: Tally, right: Tally): boolean {
  const sameCalls = left.calls === undefined || right.calls === undefined || left.calls === right.calls;
  return sameCalls && left.inputTokens === right.inputTokens && left.outputTokens === right.outputTokens;
}
