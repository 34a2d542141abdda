import type { AccountColumns, UsageCounter } from "./counter.ts";
import type { LedgerTime } from "./ledger-time.ts";

/**
 * A token bucket: what is taken drains evenly, the whole limit in one length. `used` is its level times the length in milliseconds, so
 * that a millisecond drains exactly `limit`; `until` is when the level was that; `since` is when the bucket was last empty. Both are in
 * steady time: a clock that is set neither drains a bucket nor stops it. A level above the limit is debt: it drains before anything fits
 * again.
 */
export class BucketCounter implements UsageCounter {
  readonly #columns: AccountColumns;
  readonly #lengthMs: bigint;
  readonly #time: LedgerTime;

  constructor(columns: AccountColumns, lengthMs: number, time: LedgerTime) {
    this.#columns = columns;
    this.#lengthMs = BigInt(lengthMs);
    this.#time = time;
  }

  lapse(row: number, nowMs: number): void {
    const { limit, used, since, until } = this.#columns;
    const steadyMs = this.#time.steadyMs(nowMs);
    const elapsedMs = steadyMs - until.get(row);
    until.set(row, steadyMs);
    if (elapsedMs < 0) {
      // An earlier process counted by a clock that was ahead of this one's: the level stands, and drains from now on.
      since.set(row, Math.min(since.get(row), steadyMs));
      return;
    }
    const before = used.get(row);
    const level = before === 0n ? 0n : before - limit.get(row) * BigInt(elapsedMs);
    used.set(row, level > 0n ? level : 0n);
    if (level <= 0n) since.set(row, steadyMs);
  }

  mark(row: number): number {
    return this.#columns.until.get(row);
  }

  covers(row: number, mark: number): boolean {
    return mark >= this.#columns.since.get(row);
  }

  used(row: number): bigint {
    const settled = this.taken(row) - this.#columns.held.get(row);
    return settled > 0n ? settled : 0n;
  }

  taken(row: number): bigint {
    return (this.#columns.used.get(row) + this.#lengthMs - 1n) / this.#lengthMs;
  }

  hold(row: number, amount: bigint): void {
    this.#columns.used.add(row, amount * this.#lengthMs);
    this.#columns.held.add(row, amount);
  }

  /** A refund has no value once the bucket was empty: the hold had drained, and the room is back already. */
  release(row: number, mark: number, held: bigint, actual: bigint): void {
    this.#columns.held.add(row, -held);
    const more = actual - held;
    if (more < 0n && !this.covers(row, mark)) return;
    const level = this.#columns.used.get(row) + more * this.#lengthMs;
    this.#columns.used.set(row, level > 0n ? level : 0n);
  }

  lapsesAtMs(row: number, amount: bigint): number {
    const { limit, used, until } = this.#columns;
    const rest = (this.taken(row) - amount) * this.#lengthMs;
    const drain = used.get(row) - (rest > 0n ? rest : 0n);
    const perMs = limit.get(row);
    const nowMs = until.get(row) + this.#time.skewMs;
    return perMs <= 0n ? nowMs : nowMs + Number((drain + perMs - 1n) / perMs);
  }

  reset(row: number): void {
    this.#columns.used.set(row, this.#columns.held.get(row) * this.#lengthMs);
  }
}
