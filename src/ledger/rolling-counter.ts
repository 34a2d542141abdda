import type { Columns, Counter } from "./counter.ts";
import { rollingSlices, sliceLengthMs } from "./window.ts";

/**
 * Counts the last window's length in slices. `since` is the newest slice's number, `until` that of the newest with use, `used` the exact
 * sum of all that counts. A hold counts for as long as it is open; what it used belongs to the slice it was made in.
 */
export class RollingCounter implements Counter {
  readonly #columns: Columns;
  readonly #sliceMs: number;

  constructor(columns: Columns, lengthMs: number) {
    this.#columns = columns;
    this.#sliceMs = sliceLengthMs(lengthMs);
  }

  lapse(row: number, nowMs: number): void {
    const { used, since, until, alerted, cells } = this.#columns;
    const now = Math.floor(nowMs / this.#sliceMs);
    const newest = since.get(row);
    if (now <= newest) return;
    since.set(row, now);
    if (used.get(row) === 0n) return;
    this.#gather(row);
    if (until.get(row) < now - rollingSlices) this.reset(row);
    else {
      const oldest = newest - rollingSlices;
      for (let slice = oldest; slice < now - rollingSlices && slice <= newest; slice++)
        used.add(row, -cells.take(row, slice));
    }
    if (used.get(row) === 0n) alerted.set(row, 0);
  }

  mark(row: number): number {
    return this.#columns.since.get(row);
  }

  covers(row: number, mark: number): boolean {
    return mark >= this.#columns.since.get(row) - rollingSlices;
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
    this.#columns.held.add(row, -held);
    if (actual === 0n || !this.covers(row, mark)) return;
    const { used, until, cells } = this.#columns;
    used.add(row, actual);
    if (mark > until.get(row)) until.set(row, mark);
    cells.add(row, mark, actual);
  }

  lapsesAtMs(row: number, amount: bigint): number {
    const { since, until, used, cells } = this.#columns;
    const newest = since.get(row);
    if (amount > used.get(row)) return this.#lapsesMs(newest);
    let rest = amount;
    for (let slice = newest - rollingSlices; slice < until.get(row); slice++) {
      rest -= cells.get(row, slice);
      if (rest <= 0n) return this.#lapsesMs(slice);
    }
    return this.#lapsesMs(until.get(row));
  }

  reset(row: number): void {
    this.#columns.used.set(row, 0n);
    this.#columns.cells.free(row);
  }

  /** Parts of units that are in no cell yet go to the newest with use: they lapse late, if anything, but never early. */
  #gather(row: number): void {
    const { used, until, cells } = this.#columns;
    const rest = used.get(row) - cells.sum(row);
    if (rest > 0n) cells.add(row, until.get(row), rest);
  }

  #lapsesMs(slice: number): number {
    return (slice + rollingSlices + 1) * this.#sliceMs;
  }
}
