import { Float64Column, Int32Column, Int64Column } from "./column.ts";

/** The numbers of every account, a row each, packed. What `used`, `since` and `until` mean is the window's own business. */
export class Columns {
  readonly limit = new Int64Column();
  readonly used = new Int64Column();
  readonly held = new Int64Column();
  readonly since = new Float64Column();
  readonly until = new Float64Column();
  /** Holds that are open on the row, whichever window they were made in. */
  readonly holds = new Int32Column();
  /** The highest threshold told in this window, percent. */
  readonly alerted = new Int32Column();

  clear(row: number): void {
    this.limit.set(row, 0n);
    this.used.set(row, 0n);
    this.held.set(row, 0n);
    this.since.set(row, 0);
    this.until.set(row, 0);
    this.holds.set(row, 0);
    this.alerted.set(row, 0);
  }
}

/**
 * How one kind of window counts. `mark` names the moment a hold was made, so that its end is booked where its beginning was.
 * `lapse` comes first: the others speak of the instant it was last called with.
 */
export interface Counter {
  /** Forgets what has lapsed by now. */
  lapse(row: number, nowMs: number): void;
  /** Settled use that counts now. */
  used(row: number): bigint;
  /** Settled use and holds that count now. */
  taken(row: number): bigint;
  /** Sets an amount aside; returns its mark. */
  hold(row: number, amount: bigint): number;
  /** Ends a hold of `held`, of which `actual` was used. */
  release(row: number, mark: number, held: bigint, actual: bigint): void;
  /** When `amount` of what is taken will have lapsed. */
  lapsesAtMs(row: number, amount: bigint): number;
  /** What was used is forgotten; open holds stay. */
  reset(row: number): void;
  /** Gives back what it keeps for a row besides the columns. */
  free(row: number): void;
}
