import type { AccountColumns, UsageCounter } from "./counter.ts";
import type { CalendarWindow } from "./ledger.ts";
import type { LedgerTime } from "./ledger-time.ts";
import type { Int64Field } from "./row-pages.ts";
import { calendarSpan, type Span } from "./window.ts";

/**
 * Counts from the start of a calendar window (`since`) to its end (`until`). The window before it is kept: a clock that is set forward
 * and back again finds what it had counted. Usage that a clock that was ahead counted in a window that has not begun yet counts until the
 * next window begins, not until the one that it was counted in is over.
 */
export class CalendarCounter implements UsageCounter {
  readonly #columns: AccountColumns;
  readonly #window: CalendarWindow;
  readonly #time: LedgerTime;
  #current: Span = { startMs: 0, endMs: 0 };

  constructor(columns: AccountColumns, window: CalendarWindow, time: LedgerTime) {
    this.#columns = columns;
    this.#window = window;
    this.#time = time;
  }

  lapse(row: number, nowMs: number): void {
    const { since, until, prior } = this.#columns;
    if (nowMs < until.get(row) && nowMs >= since.get(row)) return;
    const { startMs, endMs } = this.#spanAt(nowMs);
    const place = prior.find(row);
    if (place !== undefined && prior.since.get(place) === startMs) {
      this.#exchange(row, place, nowMs);
      return;
    }
    this.#keep(row, nowMs);
    this.#begin(row, startMs, endMs);
  }

  mark(row: number): number {
    return this.#columns.since.get(row);
  }

  covers(row: number, mark: number): boolean {
    return mark === this.#columns.since.get(row);
  }

  used(row: number): bigint {
    const ahead = this.#ahead(row);
    const used = this.#columns.used.get(row);
    return ahead === undefined ? used : used + this.#columns.prior.used.get(ahead);
  }

  taken(row: number): bigint {
    const ahead = this.#ahead(row);
    const taken = this.#columns.used.get(row) + this.#columns.held.get(row);
    if (ahead === undefined) return taken;
    return taken + this.#columns.prior.used.get(ahead) + this.#columns.prior.held.get(ahead);
  }

  hold(row: number, amount: bigint): void {
    this.#columns.held.add(row, amount);
  }

  release(row: number, mark: number, held: bigint, actual: bigint): void {
    const { since, prior } = this.#columns;
    if (mark === since.get(row)) {
      subtract(this.#columns.held, row, held);
      this.#columns.used.add(row, actual);
      return;
    }
    const place = prior.find(row);
    if (place !== undefined && prior.since.get(place) === mark) {
      subtract(prior.held, place, held);
      prior.used.add(place, actual);
    } else if (mark > since.get(row)) this.#columns.used.add(row, actual);
  }

  lapsesAtMs(row: number): number {
    return this.#columns.until.get(row);
  }

  reset(row: number): void {
    this.#columns.used.set(row, 0n);
    const ahead = this.#ahead(row);
    if (ahead !== undefined) this.#columns.prior.used.set(ahead, 0n);
  }

  /** Goes to the window before, and keeps the one that was left. */
  #exchange(row: number, place: number, nowMs: number): void {
    const { used, held, since, until, alerted, prior } = this.#columns;
    for (const [here, there] of [
      [used, prior.used],
      [held, prior.held],
    ] as const) {
      const amount = here.get(row);
      here.set(row, there.get(place));
      there.set(place, amount);
    }
    for (const [here, there] of [
      [since, prior.since],
      [until, prior.until],
      [alerted, prior.alerted],
    ] as const) {
      const value = here.get(row);
      here.set(row, there.get(place));
      there.set(place, value);
    }
    this.#noteLeft(place, nowMs);
  }

  /** Keeps what the current window counts, before another begins. */
  #keep(row: number, nowMs: number): void {
    const { used, held, since, until, alerted, prior } = this.#columns;
    const place = prior.find(row);
    const isEmpty = used.get(row) === 0n && held.get(row) === 0n;
    if (place !== undefined && this.#wasSkipped(row, place, nowMs)) {
      prior.used.add(place, used.get(row));
      return;
    }
    if (isEmpty) {
      // Usage that a clock ahead counted in a later window has counted in this one: it counts in no third.
      if (place !== undefined) prior.release(row);
      return;
    }
    const kept = place ?? prior.claim(row);
    prior.used.set(kept, used.get(row));
    prior.held.set(kept, held.get(row));
    prior.since.set(kept, since.get(row));
    prior.until.set(kept, until.get(row));
    prior.alerted.set(kept, alerted.get(row));
    this.#noteLeft(kept, nowMs);
  }

  /** True if a clock that was set jumped into the current window, out of the kept one, and jumps on before the window's time has passed. */
  #wasSkipped(row: number, place: number, nowMs: number): boolean {
    const { since, until, prior } = this.#columns;
    if (prior.leftByJump.get(place) === 0 || prior.since.get(place) >= since.get(row)) return false;
    const passedMs = this.#time.steadyMs(nowMs) - prior.leftAtMs.get(place);
    return nowMs >= until.get(row) && passedMs < (until.get(row) - since.get(row)) / 2;
  }

  #noteLeft(place: number, nowMs: number): void {
    const { prior } = this.#columns;
    prior.leftAtMs.set(place, this.#time.steadyMs(nowMs));
    prior.leftByJump.set(place, this.#time.isDoubtful(nowMs) ? 1 : 0);
  }

  #begin(row: number, startMs: number, endMs: number): void {
    const { used, held, since, until, alerted } = this.#columns;
    since.set(row, startMs);
    until.set(row, endMs);
    used.set(row, 0n);
    held.set(row, 0n);
    alerted.set(row, 0);
  }

  /** Where the kept window is, if it is later than the current one. */
  #ahead(row: number): number | undefined {
    const { since, prior } = this.#columns;
    const place = prior.find(row);
    return place !== undefined && prior.since.get(place) > since.get(row) ? place : undefined;
  }

  /** All accounts of a rule are mostly asked about in the same window. */
  #spanAt(nowMs: number): Span {
    if (nowMs < this.#current.startMs || nowMs >= this.#current.endMs)
      this.#current = calendarSpan(this.#window, nowMs);
    return this.#current;
  }
}

/** A clock set to a third window and back begins a window anew, without the holds that it had. */
function subtract(field: Int64Field, at: number, held: bigint): void {
  const before = field.get(at);
  field.set(at, before > held ? before - held : 0n);
}
