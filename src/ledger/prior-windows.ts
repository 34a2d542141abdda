import { Float64Field, Int32Field, Int64Field, RowPages } from "./row-pages.ts";

const firstPlaces = 1_024;

/**
 * Usage of rows in the window before their current one, for clocks that are set forward and back again. A row has at most one: 64
 * bytes for the rows that need it, and four for each row.
 */
export class PriorWindows {
  readonly #pages: RowPages;
  readonly used: Int64Field;
  readonly held: Int64Field;
  readonly since: Float64Field;
  readonly until: Float64Field;
  /** The row's `since` once it had left this window. */
  readonly leftFor: Float64Field;
  /** The ledger's steady time then. */
  readonly leftAtMs: Float64Field;
  /** 1: the clock had been set forward shortly before. */
  readonly leftByJump: Int32Field;
  readonly alerted: Int32Field;
  /** Where the cells of a rolling window are; 0: nowhere. */
  readonly cells: Int32Field;
  /** By row: place plus one; 0: none. */
  #places: Int32Array;
  readonly #free: number[] = [];
  #count: number;

  /** Empty, or a copy. */
  constructor(from?: PriorWindows) {
    this.#pages = from?.copyPages() ?? new RowPages();
    this.#places = from?.copyPlaces() ?? new Int32Array(firstPlaces);
    this.#count = from?.placesUsed ?? 0;
    this.used = new Int64Field(this.#pages, 0);
    this.held = new Int64Field(this.#pages, 8);
    this.since = new Float64Field(this.#pages, 16);
    this.until = new Float64Field(this.#pages, 24);
    this.leftFor = new Float64Field(this.#pages, 32);
    this.leftAtMs = new Float64Field(this.#pages, 40);
    this.alerted = new Int32Field(this.#pages, 48);
    this.cells = new Int32Field(this.#pages, 52);
    this.leftByJump = new Int32Field(this.#pages, 56);
  }

  /** Places ever used. */
  get placesUsed(): number {
    return this.#count;
  }

  /** The place of a row's prior window in the fields. Undefined if it has none. */
  find(row: number): number | undefined {
    const place = this.#places[row] ?? 0;
    return place === 0 ? undefined : place - 1;
  }

  /** The place of a row's prior window, made if it has none. */
  claim(row: number): number {
    const known = this.find(row);
    if (known !== undefined) return known;
    const place = this.#free.pop() ?? this.#count++;
    this.#pages.reach(place);
    if (row >= this.#places.length) this.#grow(row);
    this.#places[row] = place + 1;
    return place;
  }

  /** Forgets a row's prior window. Cells that it has are its owner's to free first. */
  release(row: number): void {
    const place = this.find(row);
    if (place === undefined) return;
    this.#pages.clear(place);
    this.#places[row] = 0;
    this.#free.push(place);
  }

  copyPages(): RowPages {
    return this.#pages.copy();
  }

  copyPlaces(): Int32Array {
    return this.#places.slice();
  }

  #grow(row: number): void {
    const grown = new Int32Array(Math.max(this.#places.length * 2, row + 1));
    grown.set(this.#places);
    this.#places = grown;
  }
}
