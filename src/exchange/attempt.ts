import type { GatewayError } from "../core/errors.ts";
import type { PlannedTarget } from "../plan/plan.ts";
import type { FailureClass } from "../provider/provider.ts";
import type { Usage } from "../usage/usage.ts";
import type { CheckResult } from "../validation/answer-check.ts";

/** How one upstream try ended, as far as it is known. */
export type AttemptFate =
  | { readonly kind: "open" }
  | { readonly kind: "answered"; readonly status: number; readonly flags: readonly string[] }
  | {
      readonly kind: "failed";
      /** Undefined: no response headers came. */
      readonly status: number | undefined;
      /** Envoy's response flags, e.g. `UF`. */
      readonly flags: readonly string[];
      readonly class: FailureClass;
    };

/** Why an answer was not passed on. */
export interface Judgement {
  readonly class: FailureClass;
  readonly error: GatewayError;
  /** As the provider answered. */
  readonly status: number;
  /** What the provider said it used: it will bill it. */
  readonly usage: Usage | undefined;
  /** A whole answer broke off or made no sense: it was made, and will be billed, though nothing says what it took. */
  readonly made: boolean;
}

/** One upstream try within an exchange. */
export interface Attempt {
  /** From 1. */
  readonly number: number;
  readonly target: PlannedTarget;
  /** When its request was ready to leave. */
  startedMs: number;
  endedMs: number | undefined;
  fate: AttemptFate;
  /** The provider's own id of the call, once it has answered. */
  requestId: string | undefined;
  /** What of the request was said differently or left out, as its target's format demands; told to the client. */
  changes: readonly string[];
  /** What its refusal means by status and body, where somebody read both. */
  refusedAs: FailureClass | undefined;
  /** What its answer said when it was looked at before the client saw any of it; undefined: nothing was wrong, or nobody looked. */
  judged: Judgement | undefined;
  /** What checks of its answer came to; undefined: there were none. */
  checked: CheckResult | undefined;
  /** Of its time, what was spent on checks. */
  checkedMs: number;
  /** The targets' health has been told how it went. */
  signed: boolean;
}

/** Whether a provider may bill a try that failed like this: one that ran into its deadline went on working, one that said what it used was done, and so was a whole answer that broke on its way. */
export function mayBeBilled({ fate, judged }: Attempt): boolean {
  if (judged?.usage !== undefined || judged?.made === true) return true;
  return fate.kind === "failed" && fate.class === "timeout" && fate.status === undefined;
}

/** The class of a failed try that gave no status: Envoy's flags tell a deadline from a broken or refused connection. */
export function classOfFlags(flags: readonly string[]): FailureClass {
  return flags.includes("UT") ? "timeout" : "overloaded";
}
