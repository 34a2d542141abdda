import { GatewayError } from "../../core/errors.ts";
import type { AnswerTimer } from "../state/answer-parts.ts";
import type { Forwarded } from "../state/exchange.ts";
import { interrupt } from "./interrupting.ts";
import { endAnswer } from "./passing.ts";

/** Longest delay that `setTimeout` takes. */
const timerMsMax = 2_147_483_647;

/**
 * Keeps the plan's time from when the request leaves until the downstream stream closes: `timeouts.total` for all tries together, and of a
 * stream that has begun to say something `timeouts.betweenTokens` for each further token. One timer, set anew only when it fires:
 * a token moves a mark, and nothing else.
 */
export class Deadlines implements AnswerTimer {
  readonly #forwarded: Forwarded;
  readonly #totalAtMs: number;
  readonly #betweenTokensMs: number | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(forwarded: Forwarded) {
    const { admitted, exchange, plan } = forwarded;
    const { betweenTokensMs, totalMs } = plan.timeouts;
    this.#forwarded = forwarded;
    this.#totalAtMs = exchange.services.clock.monotonicMs() + (totalMs ?? Number.POSITIVE_INFINITY);
    this.#betweenTokensMs = admitted.facts.stream ? betweenTokensMs : undefined;
    this.#arm();
  }

  /** The answer has begun to say something. */
  begun(): void {
    if (this.#betweenTokensMs !== undefined) this.#arm();
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  /** When an answer that says nothing more is a stalled one. */
  get #silentAtMs(): number {
    const lastContentMs = this.#forwarded.answering?.lastContentMs;
    if (lastContentMs === undefined || this.#betweenTokensMs === undefined) return Number.POSITIVE_INFINITY;
    return lastContentMs + this.#betweenTokensMs;
  }

  #arm(): void {
    clearTimeout(this.#timer);
    const atMs = Math.min(this.#totalAtMs, this.#silentAtMs);
    if (atMs === Number.POSITIVE_INFINITY) return;
    const { clock } = this.#forwarded.exchange.services;
    const waitMs = Math.max(1, Math.ceil(atMs - clock.monotonicMs()));
    this.#timer = setTimeout(() => this.#fire(), Math.min(waitMs, timerMsMax));
    // A deadline must not keep the process running.
    this.#timer.unref();
  }

  #fire(): void {
    const { answer, services } = this.#forwarded.exchange;
    if (answer.end !== undefined) return;
    const nowMs = services.clock.monotonicMs();
    if (nowMs >= this.#totalAtMs) this.#overdue();
    else if (nowMs >= this.#silentAtMs) this.#stalled();
    else this.#arm();
  }

  #overdue(): void {
    const forwarded = this.#forwarded;
    const { answering, attempts, isUnanswered } = forwarded;
    if (answering !== undefined && endAnswer(answering)) return;
    const error = new GatewayError("timeout", "the provider did not answer in time");
    if (interrupt(forwarded, error, "timeout") && isUnanswered) attempts.at(-1)?.timedOut();
  }

  #stalled(): void {
    const forwarded = this.#forwarded;
    const { answering } = forwarded;
    if (answering !== undefined && endAnswer(answering)) return;
    const error = new GatewayError("timeout", "the provider stopped sending in the middle of its answer");
    if (interrupt(forwarded, error, "timeout")) answering?.attempt.stalled();
  }
}
