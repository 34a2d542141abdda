import { Float64Column, Int32Column, Int64Column } from "./column.ts";

/** The numbers of every account, a row each, packed. What `used`, `since` and `until` mean is the window's own business. */
export class Columns {
  readonly limit: Int64Column;
  readonly used: Int64Column;
  readonly held: Int64Column;
  readonly since: Float64Column;
  readonly until: Float64Column;
  /** Legs of open holds on the row, whichever window they were made in. */
  readonly legs: Int32Column;
  /** The highest threshold told in this window, percent. */
  readonly alerted: Int32Column;
  /** When the account was last asked about, minutes since 1970. */
  readonly touchedMinute: Int32Column;
  readonly slices: Slices;

  /** Empty, or a copy. */
  constructor(from?: Columns) {
    this.limit = from?.limit.copy() ?? new Int64Column();
    this.used = from?.used.copy() ?? new Int64Column();
    this.held = from?.held.copy() ?? new Int64Column();
    this.since = from?.since.copy() ?? new Float64Column();
    this.until = from?.until.copy() ?? new Float64Column();
    this.legs = from?.legs.copy() ?? new Int32Column();
    this.alerted = from?.alerted.copy() ?? new Int32Column();
    this.touchedMinute = from?.touchedMinute.copy() ?? new Int32Column();
    this.slices = from?.slices.copy() ?? new Slices();
  }

  clear(row: number): void {
    this.limit.set(row, 0n);
    this.used.set(row, 0n);
    this.held.set(row, 0n);
    this.since.set(row, 0);
    this.until.set(row, 0);
    this.legs.set(row, 0);
    this.alerted.set(row, 0);
    this.touchedMinute.set(row, 0);
    this.slices.free(row);
  }
}

/** Slices kept a row at most; a power of two. */
const ring = 32;

/** What rolling windows keep besides a row: settled use by slice, of the last {@link ring} slices, for the rows that need it. */
class Slices {
  #amounts = new Int64Column();
  /** Where a row's slices are, from 1; 0: nowhere. */
  #places = new Int32Column();
  #free: number[] = [];
  #count = 0;

  /** The same amounts, apart from now on. */
  copy(): Slices {
    const copy = new Slices();
    copy.#amounts = this.#amounts.copy();
    copy.#places = this.#places.copy();
    copy.#free = this.#free.slice();
    copy.#count = this.#count;
    return copy;
  }

  get(row: number, slice: number): bigint {
    const place = this.#places.get(row);
    return place === 0 ? 0n : this.#amounts.get(at(place, slice));
  }

  add(row: number, slice: number, amount: bigint): void {
    if (this.#places.get(row) === 0) this.#places.set(row, this.#free.pop() ?? ++this.#count);
    this.#amounts.add(at(this.#places.get(row), slice), amount);
  }

  /** Forgets a slice; returns what was in it. */
  take(row: number, slice: number): bigint {
    const amount = this.get(row, slice);
    if (amount !== 0n) this.#amounts.set(at(this.#places.get(row), slice), 0n);
    return amount;
  }

  /** Forgets a row and gives back its place. */
  free(row: number): void {
    const place = this.#places.get(row);
    if (place === 0) return;
    for (let slice = 0; slice < ring; slice++) this.#amounts.set(at(place, slice), 0n);
    this.#places.set(row, 0);
    this.#free.push(place);
  }
}

function at(place: number, slice: number): number {
  return (place - 1) * ring + (slice & (ring - 1));
}

/**
 * How one kind of window counts. `mark` names the moment a hold was made, so that its end is booked where its beginning was.
 * `lapse` comes first: the others speak of the instant it was last called with.
 */
export interface Counter {
  /** Forgets what has lapsed by now. */
  lapse(row: number, nowMs: number): void;
  /** The mark of what is held now. */
  mark(row: number): number;
  /** Whether what was held at a mark still counts. */
  covers(row: number, mark: number): boolean;
  /** Settled use that counts now. */
  used(row: number): bigint;
  /** Settled use and holds that count now. */
  taken(row: number): bigint;
  /** Sets an amount aside. */
  hold(row: number, amount: bigint): void;
  /** Ends a hold of `held`, of which `actual` was used. */
  release(row: number, mark: number, held: bigint, actual: bigint): void;
  /** When `amount` of what is taken will have lapsed. */
  lapsesAtMs(row: number, amount: bigint): number;
  /** What was used is forgotten; open holds stay. */
  reset(row: number): void;
}
