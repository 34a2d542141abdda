import { Int64Column } from "./column.ts";
import type { Columns, Counter } from "./counter.ts";
import { rollingSlices, sliceLengthMs } from "./window.ts";

/** Slices kept a row: a whole window, the one that is lapsing, and one to make it a power of two. */
const ring = 32;

/**
 * Counts the last window's length in slices. `since` is the newest slice's number, `used` the sum of the live ones, `until` where the
 * row's slices are kept, from 1. A hold counts for as long as it is open; what it used belongs to the slice it was made in.
 */
export class RollingCounter implements Counter {
  readonly #columns: Columns;
  readonly #sliceMs: number;
  readonly #slices = new Int64Column();
  readonly #free: number[] = [];
  #places = 0;

  constructor(columns: Columns, lengthMs: number) {
    this.#columns = columns;
    this.#sliceMs = sliceLengthMs(lengthMs);
  }

  lapse(row: number, nowMs: number): void {
    const { used, since, until, alerted } = this.#columns;
    const now = Math.floor(nowMs / this.#sliceMs);
    if (until.get(row) === 0) {
      until.set(row, this.#free.pop() ?? ++this.#places);
      since.set(row, now);
      return;
    }
    const newest = since.get(row);
    if (now <= newest) return;
    // When a slice begins, the oldest lapses: the place next to its own in the ring.
    for (let slice = Math.max(newest, now - ring) + 1; slice <= now; slice++) this.#forget(row, slice + 1);
    since.set(row, now);
    if (used.get(row) === 0n) alerted.set(row, 0);
  }

  used(row: number): bigint {
    return this.#columns.used.get(row);
  }

  taken(row: number): bigint {
    return this.#columns.used.get(row) + this.#columns.held.get(row);
  }

  hold(row: number, amount: bigint): number {
    this.#columns.held.add(row, amount);
    return this.#columns.since.get(row);
  }

  release(row: number, mark: number, held: bigint, actual: bigint): void {
    this.#columns.held.add(row, -held);
    if (mark < this.#columns.since.get(row) - rollingSlices) return;
    this.#slices.add(this.#place(row, mark), actual);
    this.#columns.used.add(row, actual);
  }

  lapsesAtMs(row: number, amount: bigint): number {
    const newest = this.#columns.since.get(row);
    let rest = amount;
    for (let slice = newest - rollingSlices; slice < newest; slice++) {
      rest -= this.#slices.get(this.#place(row, slice));
      if (rest <= 0n) return (slice + rollingSlices + 1) * this.#sliceMs;
    }
    return (newest + rollingSlices + 1) * this.#sliceMs;
  }

  reset(row: number): void {
    for (let slice = 0; slice < ring; slice++) this.#forget(row, slice);
  }

  free(row: number): void {
    if (this.#columns.until.get(row) === 0) return;
    this.reset(row);
    this.#free.push(this.#columns.until.get(row));
  }

  /** The live slices of a row, oldest first, with their numbers; what a checkpoint keeps. */
  *slices(row: number): Iterable<readonly [slice: number, amount: bigint]> {
    const newest = this.#columns.since.get(row);
    for (let slice = newest - rollingSlices; slice <= newest; slice++) {
      const amount = this.#slices.get(this.#place(row, slice));
      if (amount !== 0n) yield [slice, amount];
    }
  }

  #forget(row: number, slice: number): void {
    const place = this.#place(row, slice);
    this.#columns.used.add(row, -this.#slices.get(place));
    this.#slices.set(place, 0n);
  }

  #place(row: number, slice: number): number {
    return (this.#columns.until.get(row) - 1) * ring + (slice & (ring - 1));
  }
}
