import { assert } from "../core/errors.ts";
import type { RowAmount } from "./hold.ts";
import type { Account } from "./ledger.ts";
import type { ChangeLog } from "./state.ts";

/** The first byte of each entry in a journal. */
export const entryKind = {
  account: 1,
  opened: 2,
  adjusted: 3,
  closed: 4,
  reset: 5,
  granted: 6,
  alerted: 7,
  described: 8,
} as const;

/** Ids are UUIDs; no id is longer in UTF-8. */
const idBytesMax = 255;
const firstBytes = 16_384;

/**
 * Writes changes one behind the other: kind u8, time f64, then an id (length u8, UTF-8) or a row (u32), then what the change has:
 * lists (count u16) of rows and amounts (u32, i64) or amounts (i64), an account or what an exchange is about as JSON (length u32). All little-endian.
 */
export class EntryWriter implements ChangeLog {
  readonly #start: number;
  #bytes: Buffer = Buffer.allocUnsafe(firstBytes);
  #view = new DataView(this.#bytes.buffer, this.#bytes.byteOffset);
  #at: number;

  /** `start` bytes are left free before the first entry. */
  constructor(start: number) {
    this.#start = start;
    this.#at = start;
  }

  get isEmpty(): boolean {
    return this.#at === this.#start;
  }

  /** A copy of everything since the last `take`, after the bytes left free. */
  take(): Buffer {
    const taken = Buffer.allocUnsafe(this.#at);
    this.#bytes.copy(taken, this.#start, this.#start, this.#at);
    this.#at = this.#start;
    return taken;
  }

  account(nowMs: number, row: number, account: Account): void {
    const json = Buffer.from(JSON.stringify({ ...account, limit: account.limit.toString() }));
    this.#begin(entryKind.account, nowMs, 8 + json.length);
    this.#u32(row);
    this.#u32(json.length);
    json.copy(this.#bytes, this.#at);
    this.#at += json.length;
  }

  opened(nowMs: number, id: string, takes: readonly RowAmount[]): void {
    this.#begin(entryKind.opened, nowMs, idAndListBytes(takes.length));
    this.#id(id);
    this.#rowAmounts(takes);
  }

  adjusted(nowMs: number, id: string, takes: readonly RowAmount[], wanted: readonly RowAmount[]): void {
    this.#begin(entryKind.adjusted, nowMs, idAndListBytes(takes.length + wanted.length));
    this.#id(id);
    this.#rowAmounts(takes);
    this.#rowAmounts(wanted);
  }

  described(nowMs: number, id: string, about: string): void {
    // A UTF-16 unit has at most three bytes.
    const bytesMax = about.length * 3;
    this.#begin(entryKind.described, nowMs, idAndListBytes(0) + 4 + bytesMax);
    this.#id(id);
    const bytes = this.#bytes.write(about, this.#at + 4, bytesMax, "utf8");
    this.#u32(bytes);
    this.#at += bytes;
  }

  closed(nowMs: number, id: string, actuals: readonly bigint[]): void {
    this.#begin(entryKind.closed, nowMs, idAndListBytes(actuals.length));
    this.#id(id);
    this.#u16(actuals.length);
    for (const actual of actuals) this.#i64(actual);
  }

  reset(nowMs: number, row: number): void {
    this.#begin(entryKind.reset, nowMs, 4);
    this.#u32(row);
  }

  granted(nowMs: number, row: number, amount: bigint): void {
    this.#begin(entryKind.granted, nowMs, 12);
    this.#u32(row);
    this.#i64(amount);
  }

  alerted(nowMs: number, row: number, percent: number): void {
    this.#begin(entryKind.alerted, nowMs, 8);
    this.#u32(row);
    this.#u32(percent);
  }

  /** Makes room for the kind, the time and `bytes` more. */
  #begin(kind: number, nowMs: number, bytes: number): void {
    const needed = this.#at + 9 + bytes;
    if (needed > this.#bytes.length) {
      const grown = Buffer.allocUnsafe(needed * 2);
      this.#bytes.copy(grown, 0, 0, this.#at);
      this.#bytes = grown;
      this.#view = new DataView(grown.buffer, grown.byteOffset);
    }
    this.#bytes[this.#at] = kind;
    this.#view.setFloat64(this.#at + 1, nowMs, true);
    this.#at += 9;
  }

  #id(id: string): void {
    const bytes = this.#bytes.write(id, this.#at + 1, idBytesMax + 1, "utf8");
    assert(bytes > 0 && bytes <= idBytesMax, "an id has 1 to 255 bytes");
    this.#bytes[this.#at] = bytes;
    this.#at += 1 + bytes;
  }

  #rowAmounts(list: readonly RowAmount[]): void {
    this.#u16(list.length);
    for (const { row, amount } of list) {
      this.#u32(row);
      this.#i64(amount);
    }
  }

  #u16(value: number): void {
    this.#view.setUint16(this.#at, value, true);
    this.#at += 2;
  }

  #u32(value: number): void {
    this.#view.setUint32(this.#at, value, true);
    this.#at += 4;
  }

  #i64(value: bigint): void {
    this.#view.setBigInt64(this.#at, value, true);
    this.#at += 8;
  }
}

function idAndListBytes(count: number): number {
  return 1 + idBytesMax + 1 + 4 + count * 12;
}
