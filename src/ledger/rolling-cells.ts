import { type Int32Field, RowPages, Uint16Cells } from "./row-pages.ts";
import { rollingSlices } from "./window.ts";

/** The slices that count, and the one that has just begun. */
const ring = rollingSlices + 1;
/** The cell behind the slices: how many bits the unit of the others has been shifted. */
const shiftCell = ring;
const mostUnits = 2 ** 16 - 1;

/**
 * The part of rolling windows outside their rows: the distribution of settled usage over the slices, in 64 bytes for the rows that need it. A cell
 * counts in units of 2^shift, which grow with the largest; parts of units are in no cell. The cells never have more than was used.
 */
export class RollingCells {
  readonly #places: Int32Field;
  readonly #pages: RowPages;
  readonly #cells: Uint16Cells;
  readonly #free: number[];
  #count: number;

  /** `places`: where a row's cells are, from 1; 0: nowhere. Empty, or a copy. */
  constructor(places: Int32Field, from?: RollingCells) {
    this.#places = places;
    this.#pages = from?.copyPages() ?? new RowPages();
    this.#cells = new Uint16Cells(this.#pages);
    // A copy is read alone.
    this.#free = [];
    this.#count = from?.placesUsed ?? 0;
  }

  /** Places ever used. */
  get placesUsed(): number {
    return this.#count;
  }

  /** The pages, apart from what happens to them next. */
  copyPages(): RowPages {
    return this.#pages.copy();
  }

  /** The amount that lapses with a slice. */
  get(row: number, slice: number): bigint {
    return this.at(this.#places.get(row), slice);
  }

  /** The same at a place, whoever has it; 0: nothing. */
  at(place: number, slice: number): bigint {
    return place === 0 ? 0n : this.#worth(place, this.#cells.get(place - 1, cellOf(slice)));
  }

  /** Forgets a slice; returns what lapses with it. */
  take(row: number, slice: number): bigint {
    const amount = this.get(row, slice);
    if (amount !== 0n) this.#cells.set(this.#places.get(row) - 1, cellOf(slice), 0);
    return amount;
  }

  /** Adds whole units of an amount to a slice. */
  add(row: number, slice: number, amount: bigint): void {
    if (this.#places.get(row) === 0) this.#places.set(row, this.#place());
    const place = this.#places.get(row);
    const cell = cellOf(slice);
    for (;;) {
      const units = BigInt(this.#cells.get(place - 1, cell)) + (amount >> BigInt(this.#shift(place)));
      if (units <= mostUnits) {
        this.#cells.set(place - 1, cell, Number(units));
        return;
      }
      this.#coarsen(place);
    }
  }

  /** All that is in the cells of a row. */
  sum(row: number): bigint {
    const place = this.#places.get(row);
    if (place === 0) return 0n;
    let units = 0;
    for (let cell = 0; cell < ring; cell++) units += this.#cells.get(place - 1, cell);
    return this.#worth(place, units);
  }

  /** Forgets a row and gives back its place. */
  free(row: number): void {
    this.freePlace(this.#places.get(row));
    this.#places.set(row, 0);
  }

  /** Gives back a place that no row has; 0: nothing. */
  freePlace(place: number): void {
    if (place === 0) return;
    this.#pages.clear(place - 1);
    this.#free.push(place);
  }

  /** Takes a row's place away from it and returns it; the row has a copy from now on. 0: it had none. */
  detach(row: number): number {
    const place = this.#places.get(row);
    if (place === 0) return 0;
    const copy = this.#place();
    for (let cell = 0; cell <= shiftCell; cell++)
      this.#cells.set(copy - 1, cell, this.#cells.get(place - 1, cell));
    this.#places.set(row, copy);
    return place;
  }

  /** Gives a row a place that {@link detach} returned, in exchange for its own. */
  attach(row: number, place: number): void {
    this.free(row);
    this.#places.set(row, place);
  }

  #place(): number {
    const place = this.#free.pop() ?? ++this.#count;
    this.#pages.reach(place - 1);
    return place;
  }

  /** Doubles the unit. */
  #coarsen(place: number): void {
    for (let cell = 0; cell < ring; cell++)
      this.#cells.set(place - 1, cell, this.#cells.get(place - 1, cell) >> 1);
    this.#cells.set(place - 1, shiftCell, this.#shift(place) + 1);
  }

  #shift(place: number): number {
    return this.#cells.get(place - 1, shiftCell);
  }

  #worth(place: number, units: number): bigint {
    return BigInt(units) << BigInt(this.#shift(place));
  }
}

/** The ring goes on before 1970, too. */
function cellOf(slice: number): number {
  return ((slice % ring) + ring) % ring;
}
