import type { Columns, Counter } from "./counter.ts";
import type { Period } from "./ledger.ts";
import { calendarSpan, type Span } from "./window.ts";

/** A clock set back by less than this stays in the window it was in: no limit is granted twice for a step of NTP's. */
const clockSlackMs = 60_000;

/** Counts from the start of a calendar window (`since`) to its end (`until`); holds of earlier windows are no longer its business. */
export class CalendarCounter implements Counter {
  readonly #columns: Columns;
  readonly #period: Period;
  readonly #timeZone: string;
  #current: Span = { startMs: 0, endMs: 0 };

  constructor(columns: Columns, period: Period, timeZone: string) {
    this.#columns = columns;
    this.#period = period;
    this.#timeZone = timeZone;
  }

  lapse(row: number, nowMs: number): void {
    const { used, held, since, until, alerted } = this.#columns;
    if (nowMs < until.get(row) && nowMs >= since.get(row) - clockSlackMs) return;
    const { startMs, endMs } = this.#spanAt(nowMs);
    since.set(row, startMs);
    until.set(row, endMs);
    used.set(row, 0n);
    held.set(row, 0n);
    alerted.set(row, 0);
  }

  mark(row: number): number {
    return this.#columns.since.get(row);
  }

  covers(row: number, mark: number): boolean {
    return mark === this.#columns.since.get(row);
  }

  used(row: number): bigint {
    return this.#columns.used.get(row);
  }

  taken(row: number): bigint {
    return this.#columns.used.get(row) + this.#columns.held.get(row);
  }

  hold(row: number, amount: bigint): void {
    this.#columns.held.add(row, amount);
  }

  release(row: number, mark: number, held: bigint, actual: bigint): void {
    if (!this.covers(row, mark)) return;
    this.#columns.held.add(row, -held);
    this.#columns.used.add(row, actual);
  }

  lapsesAtMs(row: number): number {
    return this.#columns.until.get(row);
  }

  reset(row: number): void {
    this.#columns.used.set(row, 0n);
  }

  /** All accounts of a rule are mostly asked about in the same window. */
  #spanAt(nowMs: number): Span {
    if (nowMs < this.#current.startMs || nowMs >= this.#current.endMs)
      this.#current = calendarSpan(this.#period, this.#timeZone, nowMs);
    return this.#current;
  }
}
