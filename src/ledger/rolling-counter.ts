import type { Columns, Counter } from "./counter.ts";
import { rollingSlices, sliceLengthMs } from "./window.ts";

/**
 * Counts the last window's length in slices. `since` is the newest slice's number, `used` the sum of those that count. A hold counts
 * for as long as it is open; what it used belongs to the slice it was made in.
 */
export class RollingCounter implements Counter {
  readonly #columns: Columns;
  readonly #sliceMs: number;

  constructor(columns: Columns, lengthMs: number) {
    this.#columns = columns;
    this.#sliceMs = sliceLengthMs(lengthMs);
  }

  lapse(row: number, nowMs: number): void {
    const { used, since, alerted, slices } = this.#columns;
    const now = Math.floor(nowMs / this.#sliceMs);
    const newest = since.get(row);
    if (now <= newest) return;
    since.set(row, now);
    if (used.get(row) === 0n) return;
    const oldest = newest - rollingSlices;
    for (let slice = oldest; slice < now - rollingSlices && slice <= newest; slice++)
      used.add(row, -slices.take(row, slice));
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
    this.#columns.slices.add(row, mark, actual);
    this.#columns.used.add(row, actual);
  }

  lapsesAtMs(row: number, amount: bigint): number {
    const newest = this.#columns.since.get(row);
    let rest = amount;
    for (let slice = newest - rollingSlices; slice < newest; slice++) {
      rest -= this.#columns.slices.get(row, slice);
      if (rest <= 0n) return (slice + rollingSlices + 1) * this.#sliceMs;
    }
    return (newest + rollingSlices + 1) * this.#sliceMs;
  }

  reset(row: number): void {
    this.#columns.used.set(row, 0n);
    this.#columns.slices.free(row);
  }
}
