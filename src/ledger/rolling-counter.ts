import type { AccountColumns, UsageCounter } from "./counter.ts";
import type { LedgerTime } from "./ledger-time.ts";
import { rollingSlices, sliceLengthMs } from "./window.ts";

/**
 * Counts the last window's length in slices. `since` is the newest slice's number, `until` that of the newest with use, `used` the exact
 * sum of all that counts. A hold counts for as long as it is open; what it used belongs to the slice it was made in.
 *
 * A leap of several slices may be a clock that is set forward. Usage that lapses by it is kept, and counts again when the clock is set back.
 */
export class RollingCounter implements UsageCounter {
  readonly #columns: AccountColumns;
  readonly #sliceMs: number;
  readonly #time: LedgerTime;

  constructor(columns: AccountColumns, lengthMs: number, time: LedgerTime) {
    this.#columns = columns;
    this.#sliceMs = sliceLengthMs(lengthMs);
    this.#time = time;
  }

  lapse(row: number, nowMs: number): void {
    const now = Math.floor(nowMs / this.#sliceMs);
    const newest = this.#columns.since.get(row);
    if (now > newest) this.#advance(row, now, nowMs);
    // A step back into the slice before changes nothing: clocks waver at its border.
    else if (now < newest - 1) this.#goBack(row, now);
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
    // A hold of a clock that was ahead belongs to now.
    this.#add(row, Math.min(mark, this.#columns.since.get(row)), actual);
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
    this.#columns.clearPrior(row);
  }

  #add(row: number, slice: number, amount: bigint): void {
    const { used, until, cells } = this.#columns;
    used.add(row, amount);
    if (slice > until.get(row)) until.set(row, slice);
    cells.add(row, slice, amount);
  }

  /** Forgets what has lapsed by a later slice. */
  #advance(row: number, now: number, nowMs: number): void {
    const { used, since, alerted } = this.#columns;
    const newest = since.get(row);
    since.set(row, now);
    if (used.get(row) === 0n) {
      this.#forgetOldPrior(row, nowMs);
      return;
    }
    this.#gather(row);
    if (this.#mayBeJump(row, newest, now, nowMs) && this.#dropsAny(row, newest, now))
      this.#keep(row, newest, now, nowMs);
    else this.#forgetOldPrior(row, nowMs);
    this.#drop(row, newest, now);
    if (used.get(row) === 0n) alerted.set(row, 0);
  }

  /** True if a clock that was set forward may have brought a later slice: in one leap, or a step after one that lapsed nothing. */
  #mayBeJump(row: number, newest: number, now: number, nowMs: number): boolean {
    if (now - newest > 1) return true;
    return this.#time.isDoubtful(nowMs) && this.#columns.prior.find(row) === undefined;
  }

  #drop(row: number, newest: number, now: number): void {
    const { used, until, cells } = this.#columns;
    if (until.get(row) < now - rollingSlices) {
      used.set(row, 0n);
      cells.free(row);
      return;
    }
    for (let slice = newest - rollingSlices; slice < now - rollingSlices && slice <= newest; slice++)
      used.add(row, -cells.take(row, slice));
  }

  #dropsAny(row: number, newest: number, now: number): boolean {
    const { cells } = this.#columns;
    for (let slice = newest - rollingSlices; slice < now - rollingSlices && slice <= newest; slice++)
      if (cells.get(row, slice) !== 0n) return true;
    return this.#columns.until.get(row) < now - rollingSlices;
  }

  /** Keeps what counted at the slice `newest`, before a leap to `now`. */
  #keep(row: number, newest: number, now: number, nowMs: number): void {
    const { used, until, alerted, cells, prior } = this.#columns;
    const known = prior.find(row);
    if (known !== undefined && this.#leapsOn(known, now, nowMs)) return;
    this.#columns.clearPrior(row);
    const place = prior.claim(row);
    prior.used.set(place, used.get(row));
    prior.since.set(place, newest);
    prior.until.set(place, until.get(row));
    prior.alerted.set(place, alerted.get(row));
    prior.leftFor.set(place, now);
    prior.leftAtMs.set(place, this.#time.steadyMs(nowMs));
    prior.cells.set(place, cells.detach(row));
  }

  /** True if the clock was set forward since it last leapt: less time has passed than it says. */
  #leapsOn(place: number, now: number, nowMs: number): boolean {
    const { prior } = this.#columns;
    const seemsMs = (now - prior.leftFor.get(place)) * this.#sliceMs;
    return this.#time.steadyMs(nowMs) - prior.leftAtMs.get(place) < seemsMs / 2;
  }

  /** A whole window after a leap nobody asks for what it took away. */
  #forgetOldPrior(row: number, nowMs: number): void {
    const { prior } = this.#columns;
    const place = prior.find(row);
    if (place === undefined) return;
    const passedMs = this.#time.steadyMs(nowMs) - prior.leftAtMs.get(place);
    if (passedMs > rollingSlices * this.#sliceMs) this.#columns.clearPrior(row);
  }

  /** The clock was set back: what a leap forward took away counts again, and what was used since then was used now. */
  #goBack(row: number, now: number): void {
    const { since, prior } = this.#columns;
    const place = prior.find(row);
    let later = this.#takeAfter(row, place === undefined ? now : prior.since.get(place));
    if (place !== undefined) this.#restore(row, place);
    const newest = since.get(row);
    if (newest > now) later += this.#takeAfter(row, now);
    since.set(row, now);
    if (newest < now) this.#drop(row, newest, now);
    if (later > 0n) this.#add(row, now, later);
  }

  /** Takes away what was used after a slice; returns it. Parts of units that are in no cell count as used in the newest slice with use. */
  #takeAfter(row: number, slice: number): bigint {
    const { used, since, until, cells } = this.#columns;
    if (until.get(row) <= slice) return 0n;
    const oldest = since.get(row) - rollingSlices;
    let kept = 0n;
    for (let earlier = oldest; earlier <= slice; earlier++) kept += cells.get(row, earlier);
    for (let later = Math.max(oldest, slice + 1); later <= since.get(row); later++) cells.take(row, later);
    const taken = used.get(row) - kept;
    used.set(row, kept);
    until.set(row, slice);
    return taken;
  }

  #restore(row: number, place: number): void {
    const { used, until, alerted, cells, prior } = this.#columns;
    used.set(row, prior.used.get(place));
    until.set(row, prior.until.get(place));
    alerted.set(row, prior.alerted.get(place));
    this.#columns.since.set(row, prior.since.get(place));
    cells.attach(row, prior.cells.get(place));
    prior.release(row);
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
