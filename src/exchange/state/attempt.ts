import type { GatewayError } from "../../core/errors.ts";
import type { PlannedTarget } from "../../plan/plan.ts";
import type { FailureClass } from "../../provider/provider.ts";
import type { Usage } from "../../usage/usage.ts";
import type { CheckResult } from "../../validation/answer-check.ts";

/** How one upstream try ended, as far as it is known. */
export type AttemptOutcome =
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

/** The reason for not passing an answer on. */
export interface Judgement {
  readonly class: FailureClass;
  readonly error: GatewayError;
  /** As the provider answered. */
  readonly status: number;
  /** The usage that the provider stated, which it will bill. */
  readonly usage: Usage | undefined;
  /** The model that the answer named. */
  readonly model: string | undefined;
  /**
   * Output that was made all the same and will be billed, though its usage is not stated: all of a whole answer, or at least the input of a stream.
   * Undefined if there is none.
   */
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
  outcome: AttemptOutcome;
  /** The reason for a missing answer, in Envoy's words, e.g. `TLS_error:…:CERTIFICATE_VERIFY_FAILED`. */
  reason: string | undefined;
  /** The provider's own id of the call, once it has answered. */
  requestId: string | undefined;
  /** Its credentials, which an answer may repeat and no client may see. */
  secrets: readonly Buffer[];
  /** Changes to the request that its target's format requires: fields reworded or left out. The client is told. */
  changes: readonly string[];
  /** The class of its refusal by status and body, where both were read. */
  refusedAs: FailureClass | undefined;
  /** A good status of an answer that is read before the client sees any of it. Undefined otherwise. */
  begun: "whole" | "stream" | undefined;
  /** The failure found in its answer before the client saw any of it. Undefined if there was none, or the answer was not read. */
  judged: Judgement | undefined;
  /** The result of its answer's checks. Undefined if there were none. */
  checked: CheckResult | undefined;
  /** Of its time, what was spent on checks. */
  checkedMs: number;
  /** The targets' health has been told how it went. */
  signed: boolean;
}

/** The provider's billing of a failed attempt. */
export type Billing =
  | "nothing"
  /** A stream broke off before it said anything: its input, by our own count, and nobody knows what else. */
  | "input"
  /** Billed as the provider stated. */
  | "said"
  /** Generated without a word of what it took: the dearest it can have been. */
  | "hold";

/**
 * The provider's billing of an attempt that failed like this. One that ran into its deadline went on working. One that stated its usage was done, and so was a whole answer that broke on its way, since it is complete before any of it is sent.
 */
export function billingOf({ outcome, begun, judged }: Attempt): Billing {
  if (judged !== undefined) {
    if (judged.usage !== undefined) return "said";
    return judged.made ?? "nothing";
  }
  if (outcome.kind !== "failed") return "nothing";
  if (begun !== undefined) return begun === "stream" ? "input" : "hold";
  return outcome.class === "timeout" && outcome.status === undefined ? "hold" : "nothing";
}

/** Flags of a connection that never was: it failed, no host is known, or its name does not resolve. */
const unconnectedFlags: ReadonlySet<string> = new Set(["UF", "UH", "DF"]);

/** Flags of a connection that broke after the request was on its way. */
const brokenFlags: ReadonlySet<string> = new Set(["UC", "UR"]);

/**
 * True if an attempt broke off without any answer after its provider may have begun to work. Such attempts are seldom billed, and nothing tells which
 * are.
 */
export function brokeUnanswered({ outcome }: Attempt): boolean {
  return (
    outcome.kind === "failed" &&
    outcome.status === undefined &&
    outcome.flags.some((flag) => brokenFlags.has(flag))
  );
}

/** The class of a failed try that gave no status: Envoy's flags tell a deadline from a broken or refused connection. */
export function classOfFlags(flags: readonly string[]): FailureClass {
  if (flags.includes("UT")) return "timeout";
  return flags.some((flag) => unconnectedFlags.has(flag)) ? "unreachable" : "overloaded";
}
