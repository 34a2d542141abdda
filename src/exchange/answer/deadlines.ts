import { GatewayError } from "../../core/errors.ts";
import { noteFailure, noteStall } from "../attempt/health-signals.ts";
import { admitted, type Exchange, planned } from "../state/exchange.ts";
import { interrupt } from "./interrupting.ts";
import { endAnswer } from "./responding.ts";

/**
 * Keeps the plan's time from when the request leaves until the downstream stream closes: `timeouts.total` for all tries together, and of a
 * stream that has begun to say something `timeouts.betweenTokens` for each further token. One timer, set anew only when it fires:
 * a token moves a mark, and nothing else.
 */
export class Deadlines {
  readonly #exchange: Exchange;
  readonly #totalAtMs: number;
  readonly #betweenTokensMs: number | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(exchange: Exchange) {
    const { timeouts } = planned(exchange);
    this.#exchange = exchange;
    this.#totalAtMs = exchange.services.clock.monotonicMs() + (timeouts.totalMs ?? Number.POSITIVE_INFINITY);
    this.#betweenTokensMs = admitted(exchange).facts.stream ? timeouts.betweenTokensMs : undefined;
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
    const { lastContentMs } = this.#exchange;
    if (lastContentMs === undefined || this.#betweenTokensMs === undefined) return Number.POSITIVE_INFINITY;
    return lastContentMs + this.#betweenTokensMs;
  }

  #arm(): void {
    clearTimeout(this.#timer);
    const atMs = Math.min(this.#totalAtMs, this.#silentAtMs);
    if (atMs === Number.POSITIVE_INFINITY) return;
    const waitMs = Math.max(1, Math.ceil(atMs - this.#exchange.services.clock.monotonicMs()));
    this.#timer = setTimeout(() => this.#fire(), Math.min(waitMs, timerMsMax));
    // A deadline must not keep the process running.
    this.#timer.unref();
  }

  #fire(): void {
    const { responseEnded, services } = this.#exchange;
    if (responseEnded) return;
    const nowMs = services.clock.monotonicMs();
    if (nowMs >= this.#totalAtMs) this.#overdue();
    else if (nowMs >= this.#silentAtMs) this.#stalled();
    else this.#arm();
  }

  #overdue(): void {
    const exchange = this.#exchange;
    if (endAnswer(exchange)) return;
    const error = new GatewayError("timeout", "the provider did not answer in time");
    const isUnanswered = exchange.phase === "forwarded";
    if (interrupt(exchange, error, "timeout") && isUnanswered) giveUp(exchange);
  }

  #stalled(): void {
    const exchange = this.#exchange;
    if (endAnswer(exchange)) return;
    const error = new GatewayError("timeout", "the provider fell silent in the middle of its answer");
    if (interrupt(exchange, error, "timeout") && exchange.answeredBy !== undefined)
      noteStall(exchange, exchange.answeredBy);
  }
}

/** The last attempt was under way without an answer; what Envoy's access log says of it later is news to nobody. */
function giveUp(exchange: Exchange): void {
  const attempt = exchange.attempts.at(-1);
  if (attempt === undefined || attempt.outcome.kind !== "open") return;
  attempt.endedMs = exchange.services.clock.monotonicMs();
  attempt.outcome = { kind: "failed", status: undefined, flags: [], class: "timeout" };
  exchange.logged.add(attempt.number);
  noteFailure(exchange, attempt, "timeout");
}

/** Longest delay that `setTimeout` takes. */
const timerMsMax = 2_147_483_647;
