import type { GatewayError } from "../../core/errors.ts";
import { chain, type MaybePromise } from "../../core/maybe-promise.ts";
import type { OutputKind, ResponseSeen } from "../../dialect/dialect.ts";
import { AnswerCheck } from "../../validation/answer-check.ts";
import type { PassingCheck, StreamVerdict } from "../state/answer-parts.ts";
import type { Attempt } from "../state/attempt.ts";
import type { Checks } from "../state/checks.ts";
import type { Forwarded } from "../state/exchange.ts";
import { checkFailure, concludeCheck } from "./answer-checking.ts";

/**
 * Checks a stream while the client gets it. With `pass`, one that a rule gives up on is cut at once; one that fails as a whole keeps its
 * end to itself, so that the client never takes it for whole, and is read on for its usage. With `mark` it is let be.
 */
export class StreamCheck implements PassingCheck {
  readonly #forwarded: Forwarded;
  readonly #attempt: Attempt;
  readonly #check: AnswerCheck;
  readonly #marks: boolean;
  #concluded = false;
  #failure: GatewayError | undefined;

  /** The check of a stream that does not wait for it. Undefined if it has waited, or there is none. */
  static of(forwarded: Forwarded, attempt: Attempt): StreamCheck | undefined {
    const { checks, plan } = forwarded;
    if (checks === undefined || plan.validated) return undefined;
    return new StreamCheck(forwarded, attempt, checks);
  }

  private constructor(forwarded: Forwarded, attempt: Attempt, { bound, validation }: Checks) {
    this.#forwarded = forwarded;
    this.#attempt = attempt;
    this.#marks = validation.stream === "mark";
    // Words before a call of a tool are no answer, and whether one comes is not known before.
    this.#check = new AnswerCheck(bound, !this.#marks && forwarded.admitted.facts.tools === 0);
  }

  get failure(): GatewayError | undefined {
    return this.#failure;
  }

  push(text: string, kind: OutputKind, choice: number): void {
    this.#check.push(text, kind, choice);
  }

  look(seen: ResponseSeen): MaybePromise<StreamVerdict> {
    if (this.#failure !== undefined) return "withhold";
    const lost = this.#check.lost !== undefined;
    if (this.#concluded || !(lost || this.#isWhole(seen))) return "go-on";
    return chain(this.#conclude(seen), () => {
      if (this.#failure === undefined) return "go-on";
      return lost ? "cut" : "withhold";
    });
  }

  #conclude(seen: ResponseSeen): MaybePromise<void> {
    this.#concluded = true;
    return chain(concludeCheck(this.#forwarded, this.#attempt, this.#check, seen), (result) => {
      if (result.result === "failed" && !this.#marks) this.#failure = checkFailure(result);
    });
  }

  /** An only answer is whole once it says why it ended, several when all is. */
  #isWhole(seen: ResponseSeen): boolean {
    if (seen.error !== undefined) return false;
    const { choices } = this.#forwarded.admitted.facts;
    return seen.complete || (seen.finishReason !== undefined && choices === 1);
  }
}
