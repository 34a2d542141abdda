import { performance } from "node:perf_hooks";
import type { Log } from "../core/log.ts";

/** The same reason of the same backend is logged once in this long. */
const periodMs = 60_000;
/** Reasons remembered at once; the oldest is forgotten first, and logged anew. */
const reasonsMax = 200;

interface Told {
  atMs: number;
  more: number;
}

/** Logs why backends give no answer: a line for each reason when it is first met, then one a period with how often it was. */
export class UnansweredLog {
  readonly #log: Log;
  readonly #nowMs: () => number;
  readonly #told = new Map<string, Told>();

  /** `nowMs` is monotonic. */
  constructor(log: Log, nowMs: () => number = () => performance.now()) {
    this.#log = log;
    this.#nowMs = nowMs;
  }

  note(backend: string, reason: string): void {
    const key = `${backend} ${reason}`;
    const nowMs = this.#nowMs();
    const known = this.#told.get(key);
    if (known !== undefined && nowMs - known.atMs < periodMs) {
      known.more += 1;
      return;
    }
    this.#told.delete(key);
    this.#told.set(key, { atMs: nowMs, more: 0 });
    const [oldest] = this.#told.keys();
    if (this.#told.size > reasonsMax && oldest !== undefined) this.#told.delete(oldest);
    const fields = { backend, reason, before: known?.more ?? 0 };
    this.#log.warn(fields, "a backend gave no answer");
  }
}
