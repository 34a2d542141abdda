import { assert } from "../core/errors.ts";

const pageBits = 10;
const rowsMask = 2 ** pageBits - 1;
const rowBytes = 64;
const highest = 2n ** 62n;
const lowest = -highest;

/**
 * Numbers in rows of 64 bytes, a line of a CPU's cache: to look at a row is to look at one place in memory. Rows are in pages that
 * never move: to grow is to add one. Every number is 0 at first.
 */
export class RowPages {
  readonly #pages: ArrayBuffer[] = [];
  readonly int64: BigInt64Array[] = [];
  readonly float64: Float64Array[] = [];
  readonly int32: Int32Array[] = [];
  readonly uint16: Uint16Array[] = [];

  /** Makes room for a row and all before it. */
  reach(row: number): void {
    while (this.#pages.length << pageBits <= row) this.#add(new ArrayBuffer(rowBytes << pageBits));
  }

  /** Makes every number of a row 0. */
  clear(row: number): void {
    const at = firstWord(row, 8);
    this.int64[row >> pageBits]?.fill(0n, at, at + rowBytes / 8);
  }

  /** The same numbers, apart from now on. */
  copy(): RowPages {
    const copy = new RowPages();
    for (const page of this.#pages) copy.#add(page.slice(0));
    return copy;
  }

  #add(page: ArrayBuffer): void {
    this.#pages.push(page);
    this.int64.push(new BigInt64Array(page));
    this.float64.push(new Float64Array(page));
    this.int32.push(new Int32Array(page));
    this.uint16.push(new Uint16Array(page));
  }
}

/** A 64-bit integer of each row, at a byte of it. Values are kept within ±2^62 so that sums of two never wrap. */
export class Int64Field {
  readonly #pages: readonly BigInt64Array[];
  readonly #word: number;

  constructor({ int64 }: RowPages, byte: number) {
    this.#pages = int64;
    this.#word = byte / 8;
  }

  get(row: number): bigint {
    return pageOf(this.#pages, row)[firstWord(row, 8) + this.#word] ?? 0n;
  }

  set(row: number, value: bigint): void {
    const within = value > highest ? highest : value < lowest ? lowest : value;
    pageOf(this.#pages, row)[firstWord(row, 8) + this.#word] = within;
  }

  add(row: number, delta: bigint): void {
    this.set(row, this.get(row) + delta);
  }
}

/** A double of each row, at a byte of it: instants in milliseconds, and other whole numbers below 2^53. */
export class Float64Field {
  readonly #pages: readonly Float64Array[];
  readonly #word: number;

  constructor({ float64 }: RowPages, byte: number) {
    this.#pages = float64;
    this.#word = byte / 8;
  }

  get(row: number): number {
    return pageOf(this.#pages, row)[firstWord(row, 8) + this.#word] ?? 0;
  }

  set(row: number, value: number): void {
    pageOf(this.#pages, row)[firstWord(row, 8) + this.#word] = value;
  }
}

/** A 32-bit integer of each row, at a byte of it. */
export class Int32Field {
  readonly #pages: readonly Int32Array[];
  readonly #word: number;

  constructor({ int32 }: RowPages, byte: number) {
    this.#pages = int32;
    this.#word = byte / 4;
  }

  get(row: number): number {
    return pageOf(this.#pages, row)[firstWord(row, 4) + this.#word] ?? 0;
  }

  set(row: number, value: number): void {
    pageOf(this.#pages, row)[firstWord(row, 4) + this.#word] = value;
  }

  add(row: number, delta: number): void {
    this.set(row, this.get(row) + delta);
  }
}

/** 32 unsigned 16-bit integers a row. */
export class Uint16Cells {
  readonly #pages: readonly Uint16Array[];

  constructor({ uint16 }: RowPages) {
    this.#pages = uint16;
  }

  get(row: number, cell: number): number {
    return pageOf(this.#pages, row)[firstWord(row, 2) + cell] ?? 0;
  }

  set(row: number, cell: number, value: number): void {
    pageOf(this.#pages, row)[firstWord(row, 2) + cell] = value;
  }
}

/** Where in its page a row begins, in words of so many bytes. */
function firstWord(row: number, wordBytes: number): number {
  return (row & rowsMask) * (rowBytes / wordBytes);
}

function pageOf<Page>(pages: readonly Page[], row: number): Page {
  const page = pages[row >> pageBits];
  assert(page !== undefined, "a row is reached before it is used");
  return page;
}
