import type { Ending } from "../../usage/record.ts";

/** Longest wait for the exchange's other streams once its downstream stream is closed. */
const streamsWaitMs = 250;
/** Longest wait for Envoy's access log to say why. */
const reasonWaitMs = 1_000;

/** The exchange as its barrier sees it. An object and not closures, which keep whole exchanges alive in V8. */
export interface ClosingExchange {
  /** The downstream stream is closed. `isIdle`: nothing of the exchange is under way. */
  downstreamClosed(isIdle: boolean): void;
  /** True when it is known why the exchange ended, and how each of its attempts did. */
  readonly isConcluded: boolean;
  /** Notes why the exchange ended, if nothing better is known. */
  end(ending: Ending): void;
  /** Charges and records the exchange. Called once. */
  settle(): void;
}

/**
 * The barrier before settlement: the downstream stream is closed, no other stream or admission of the exchange is under way, and why
 * it ended is known. Each wait is bounded; then it settles with what is known. Settles exactly once.
 */
export class Closing {
  readonly #exchange: ClosingExchange;
  #open = 0;
  #downstreamClosed = false;
  #streamsWaived = false;
  #reasonWaived = false;
  #timers: NodeJS.Timeout[] = [];
  #settled = false;

  constructor(exchange: ClosingExchange) {
    this.#exchange = exchange;
  }

  /** Something that belongs to the exchange has begun; settlement waits for its `ended`. */
  began(): void {
    this.#open += 1;
  }

  ended(): void {
    this.#open -= 1;
    this.check();
  }

  /** It is charged and recorded, and its hold is closed. */
  get settled(): boolean {
    return this.#settled;
  }

  /** The downstream stream is closed, so no client waits for an answer. */
  get over(): boolean {
    return this.#downstreamClosed;
  }

  /** The downstream stream is over. */
  close(): void {
    if (this.#downstreamClosed) return;
    this.#downstreamClosed = true;
    this.#exchange.downstreamClosed(this.#open === 0);
    this.check();
    if (!this.#settled) this.#wait();
  }

  /** Settles if nothing is missing any more. To be called when something has become known. */
  check(): void {
    if (this.#settled || !this.#downstreamClosed || !this.#complete()) return;
    this.#settled = true;
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers = [];
    this.#exchange.settle();
  }

  #complete(): boolean {
    if (this.#open > 0 && !this.#streamsWaived) return false;
    return this.#reasonWaived || this.#exchange.isConcluded;
  }

  #wait(): void {
    const waive = (afterMs: number, waived: () => void): void => {
      this.#timers.push(
        setTimeout(() => {
          waived();
          this.check();
        }, afterMs),
      );
    };
    waive(streamsWaitMs, () => {
      this.#streamsWaived = true;
    });
    waive(reasonWaitMs, () => {
      this.#streamsWaived = true;
      this.#reasonWaived = true;
      this.#exchange.end("downstream_reset");
    });
  }
}
