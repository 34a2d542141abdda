/** Bounds on the size of one request and its answer. Undefined where the policy sets none. */
export interface Caps {
  /** More counted input is refused. */
  readonly inputTokens: number | undefined;
  /** A larger output cap is clamped; without one from the client this is injected. */
  readonly outputTokens: number | undefined;
}

/** No bounds. */
export const uncapped: Caps = Object.freeze({ inputTokens: undefined, outputTokens: undefined });
