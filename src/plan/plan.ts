import type { Rate } from "../price/rate.ts";

/** Where an attempt goes: a configured backend and the provider's own model name. */
export interface Target {
  readonly backend: string;
  readonly model: string;
}

/** Written `backend/model`. */
export function formatTarget(target: Target): string {
  return `${target.backend}/${target.model}`;
}

/** Text before the first `/` is the backend, the rest verbatim the model; undefined when either is empty. */
export function parseTarget(text: string): Target | undefined {
  const slash = text.indexOf("/");
  if (slash <= 0 || slash === text.length - 1) return undefined;
  return { backend: text.slice(0, slash), model: text.slice(slash + 1) };
}

/** Deadlines of one plan, in milliseconds. Undefined where there is none. */
export interface Timeouts {
  readonly attemptMs: number | undefined;
  readonly firstTokenMs: number | undefined;
  readonly betweenTokensMs: number | undefined;
  readonly totalMs: number | undefined;
  /** The longest `Retry-After` of a target that is waited out before asking it again. Undefined to never wait. */
  readonly askedWaitMaxMs: number | undefined;
}

/** The evidence for a failed attempt: status and transport alone, or the content of the answer too. */
export type Failover = "status" | "content";

/** How attempts are judged: `plain` by status and transport, `guarded` a stream up to its first content, `validated` a whole answer. */
export type Mode = "plain" | "guarded" | "validated";

/** One target of a plan with what it may cost. */
export interface PlannedTarget {
  readonly target: Target;
  /** Input tokens as this target's own counter counts them. */
  readonly inputTokens: number;
  /** The same with the counter's safety factor: what the provider may count at most. */
  readonly inputTokensMax: number;
  /** Output tokens for which the target's context window has room behind the input; absent: nobody knows its window. */
  readonly outputRoomTokens?: number | undefined;
  /** The prices of the day the exchange was opened. */
  readonly rate: Rate;
  /** Calls that the provider may bill for this one at most; absent: one. */
  readonly calls?: number;
  /** Web searches that the provider may make and bill at most; absent: none. */
  readonly searches?: number;
  /** The dearest this attempt can cost, nano-USD. */
  readonly costMaxNanoUsd: bigint;
}

/** The most an exchange may take: what claims are made from. */
export interface HoldAmounts {
  readonly costNanoUsd: bigint;
  readonly inputTokens: number;
  readonly outputTokens: number;
}

/** The ordered targets of one exchange with the caps and deadlines that bind them. */
export interface Plan {
  /** The name by which the config's `models` are asked for what it is made from. */
  readonly model: string;
  /** The entry that has that name: the name itself, or a pattern. Metrics use it, so that clients cannot create series. */
  readonly entry: string;
  readonly targets: readonly PlannedTarget[];
  /** Attempts that may still be added to it: Envoy has been told of as many more. */
  readonly spareAttempts: number;
  /** Output tokens each answer may have at most: the client's own cap, clamped, or the injected one. */
  readonly outputCap: number;
  readonly choices: number;
  readonly mode: Mode;
  /** Answers are checked before anyone gets them, also those of the last target. */
  readonly validated: boolean;
  readonly timeouts: Timeouts;
  /** Covers the dearest target, and failed attempts that may be billed. */
  readonly hold: HoldAmounts;
}
