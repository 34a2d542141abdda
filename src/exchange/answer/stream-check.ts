import type { GatewayError } from "../../core/errors.ts";
import { chain, type MaybePromise } from "../../core/maybe-promise.ts";
import type { OutputKind, ResponseSeen } from "../../dialect/dialect.ts";
import { AnswerCheck } from "../../validation/answer-check.ts";
import { checkFailure, concludeCheck } from "../admit/checking.ts";
import type { Attempt } from "../state/attempt.ts";
import { admitted, type Exchange } from "../state/exchange.ts";

/** The decision after a piece of a stream: it goes on, ends here, or is withheld from now on but still read for its cost. */
export type StreamVerdict = "go-on" | "cut" | "withhold";

/**
 * Checks a stream while the client gets it. With `pass`, one that a rule gives up on is cut at once; one that fails as a whole keeps its
 * end to itself, so that the client never takes it for whole, and is read on for its usage. With `mark` it is let be.
 */
export class StreamCheck {
  readonly #exchange: Exchange;
  readonly #attempt: Attempt;
  readonly #check: AnswerCheck;
  readonly #marks: boolean;
  #concluded = false;
  #failure: GatewayError | undefined;

  /** The check of a stream that does not wait for it. Undefined if it has waited, or there is none. */
  static of(exchange: Exchange, attempt: Attempt): StreamCheck | undefined {
    const { checks, plan } = exchange;
    if (checks === undefined || plan?.validated === true) return undefined;
    return new StreamCheck(exchange, attempt, checks);
  }

  private constructor(
    exchange: Exchange,
    attempt: Attempt,
    { bound, validation }: NonNullable<Exchange["checks"]>,
  ) {
    this.#exchange = exchange;
    this.#attempt = attempt;
    this.#marks = validation.stream === "mark";
    // Words before a call of a tool are no answer, and whether one comes is not known before.
    this.#check = new AnswerCheck(bound, !this.#marks && admitted(exchange).facts.tools === 0);
  }

  /** The reason why the stream may not end as if it were complete. Undefined if there is none. */
  get failure(): GatewayError | undefined {
    return this.#failure;
  }

  /** Takes a piece of output, in order. */
  push(text: string, kind: OutputKind, choice: number): void {
    this.#check.push(text, kind, choice);
  }

  /** The decision on the stream as far as it has come. */
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
    return chain(concludeCheck(this.#exchange, this.#attempt, this.#check, seen), (result) => {
      if (result.result === "failed" && !this.#marks) this.#failure = checkFailure(result);
    });
  }

  /** An only answer is whole once it says why it ended, several when all is. */
  #isWhole(seen: ResponseSeen): boolean {
    if (seen.error !== undefined) return false;
    return seen.complete || (seen.finishReason !== undefined && admitted(this.#exchange).facts.choices === 1);
  }
}
