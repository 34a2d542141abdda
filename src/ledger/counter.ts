import { PriorWindows } from "./prior-windows.ts";
import { RollingCells } from "./rolling-cells.ts";
import { Float64Field, Int32Field, Int64Field, RowPages } from "./row-pages.ts";

/** The numbers of every account, a row each. What `used`, `since` and `until` mean is the window's own business. */
export class AccountColumns {
  readonly #rows: RowPages;
  readonly limit: Int64Field;
  readonly used: Int64Field;
  readonly held: Int64Field;
  readonly since: Float64Field;
  readonly until: Float64Field;
  /** Legs of open holds on the row, whichever window they were made in. */
  readonly legs: Int32Field;
  /** The highest threshold told in this window, percent. */
  readonly alerted: Int32Field;
  /** When the account was last asked about, minutes since 1970. */
  readonly touchedMinute: Int32Field;
  /** Of the key, so that few keys are compared to find one. */
  readonly hash: Int32Field;
  /** The rule's index. */
  readonly rule: Int32Field;
  readonly cells: RollingCells;
  readonly prior: PriorWindows;

  /** Empty, or a copy. */
  constructor(from?: AccountColumns) {
    const rows = from?.copyRows() ?? new RowPages();
    this.#rows = rows;
    this.limit = new Int64Field(rows, 0);
    this.used = new Int64Field(rows, 8);
    this.held = new Int64Field(rows, 16);
    this.since = new Float64Field(rows, 24);
    this.until = new Float64Field(rows, 32);
    this.legs = new Int32Field(rows, 40);
    this.alerted = new Int32Field(rows, 44);
    this.touchedMinute = new Int32Field(rows, 48);
    this.hash = new Int32Field(rows, 52);
    this.rule = new Int32Field(rows, 56);
    this.cells = new RollingCells(new Int32Field(rows, 60), from?.cells);
    this.prior = new PriorWindows(from?.prior);
  }

  /** Makes room for a row. */
  reach(row: number): void {
    this.#rows.reach(row);
  }

  clear(row: number): void {
    this.clearPrior(row);
    this.cells.free(row);
    this.#rows.clear(row);
  }

  /** Forgets what a row counted in the window before. */
  clearPrior(row: number): void {
    const prior = this.prior.find(row);
    if (prior === undefined) return;
    this.cells.freePlace(this.prior.cells.get(prior));
    this.prior.release(row);
  }

  /** The rows, apart from what happens to them next. */
  copyRows(): RowPages {
    return this.#rows.copy();
  }
}

/**
 * How one kind of window counts. `mark` names the moment a hold was made, so that its end is booked where its beginning was.
 * `lapse` comes first: the others speak of the instant it was last called with.
 */
export interface UsageCounter {
  /** Forgets what has lapsed by now. */
  lapse(row: number, nowMs: number): void;
  /** The mark of what is held now. */
  mark(row: number): number;
  /** True if an amount held at a mark still counts. */
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
  /** Forgets the usage; open holds stay. */
  reset(row: number): void;
}
