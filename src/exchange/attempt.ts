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
  /** The model that the answer named. */
  readonly model: string | undefined;
  /** What was made all the same and will be billed, though nothing says what it took: all of a whole answer, of a stream its input at least; undefined: nothing. */
  readonly made: "hold" | "input" | undefined;
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
  /** Why no answer came, in Envoy's words, e.g. `TLS_error:…:CERTIFICATE_VERIFY_FAILED`. */
  reason: string | undefined;
  /** The provider's own id of the call, once it has answered. */
  requestId: string | undefined;
  /** Its credentials, which an answer may repeat and no client may see. */
  secrets: readonly Buffer[];
  /** What of the request was said differently or left out, as its target's format demands; told to the client. */
  changes: readonly string[];
  /** What its refusal means by status and body, where somebody read both. */
  refusedAs: FailureClass | undefined;
  /** A good status has come, of an answer that is looked at before the client sees any of it; undefined: not so. */
  begun: "whole" | "stream" | undefined;
  /** What its answer said when it was looked at before the client saw any of it; undefined: nothing was wrong, or nobody looked. */
  judged: Judgement | undefined;
  /** What checks of its answer came to; undefined: there were none. */
  checked: CheckResult | undefined;
  /** Of its time, what was spent on checks. */
  checkedMs: number;
  /** The targets' health has been told how it went. */
  signed: boolean;
}

/** What a provider bills of a try that failed. */
export type Billing =
  | "nothing"
  /** A stream broke off before it said anything: its input, by our own count, and nobody knows what else. */
  | "input"
  /** What the provider itself said. */
  | "said"
  /** Generated without a word of what it took: the dearest it can have been. */
  | "hold";

/**
 * What a provider bills of a try that failed like this: one that ran into its deadline went on working, one that said what it used was
 * done, and so was a whole answer that broke on its way, which is there before anything of it is sent.
 */
export function billingOf({ fate, begun, judged }: Attempt): Billing {
  if (judged !== undefined) {
    if (judged.usage !== undefined) return "said";
    return judged.made ?? "nothing";
  }
  if (fate.kind !== "failed") return "nothing";
  if (begun !== undefined) return begun === "stream" ? "input" : "hold";
  return fate.class === "timeout" && fate.status === undefined ? "hold" : "nothing";
}

/** Flags of a connection that never was: it failed, no host is known, or its name does not resolve. */
const unconnectedFlags: ReadonlySet<string> = new Set(["UF", "UH", "DF"]);

/** Flags of a connection that broke after the request was on its way. */
const brokenFlags: ReadonlySet<string> = new Set(["UC", "UR"]);

/** Whether a try broke off without any answer after its provider may have begun to work: seldom billed, and nobody can tell. */
export function brokeUnanswered({ fate }: Attempt): boolean {
  return (
    fate.kind === "failed" && fate.status === undefined && fate.flags.some((flag) => brokenFlags.has(flag))
  );
}

/** The class of a failed try that gave no status: Envoy's flags tell a deadline from a broken or refused connection. */
export function classOfFlags(flags: readonly string[]): FailureClass {
  if (flags.includes("UT")) return "timeout";
  return flags.some((flag) => unconnectedFlags.has(flag)) ? "unreachable" : "overloaded";
}
