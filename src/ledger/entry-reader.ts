import { assert } from "../core/errors.ts";
import { entryKind } from "./entry-writer.ts";
import type { RowAmount } from "./hold.ts";
import type { Account } from "./ledger.ts";
import type { ChangeLog } from "./state.ts";

/** Tells `to` of every change in a payload that an entry writer wrote, in order. */
export function readEntries(payload: Buffer, to: ChangeLog): void {
  const reader = new EntryReader(payload);
  while (!reader.isAtEnd) reader.next(to);
}

class EntryReader {
  readonly #bytes: Buffer;
  readonly #view: DataView;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#bytes.length;
  }

  next(to: ChangeLog): void {
    const kind = this.#bytes[this.#at];
    const nowMs = this.#view.getFloat64(this.#at + 1, true);
    this.#at += 9;
    switch (kind) {
      case entryKind.account:
        to.account(nowMs, this.#u32(), this.#account());
        break;
      case entryKind.opened:
        to.opened(nowMs, this.#id(), this.#rowAmounts());
        break;
      case entryKind.adjusted:
        to.adjusted(nowMs, this.#id(), this.#rowAmounts(), this.#rowAmounts());
        break;
      case entryKind.described:
        to.described(nowMs, this.#id(), this.#text());
        break;
      case entryKind.closed:
        to.closed(nowMs, this.#id(), this.#amounts());
        break;
      case entryKind.reset:
        to.reset(nowMs, this.#u32());
        break;
      case entryKind.granted:
        to.granted(nowMs, this.#u32(), this.#i64());
        break;
      case entryKind.alerted:
        to.alerted(nowMs, this.#u32(), this.#u32());
        break;
      default:
        assert(false, `no journal entry is of kind ${kind}`);
    }
  }

  #account(): Account {
    const account = JSON.parse(this.#text());
    return { ...account, limit: BigInt(account.limit) };
  }

  #text(): string {
    const bytes = this.#u32();
    const text = this.#bytes.toString("utf8", this.#at, this.#at + bytes);
    this.#at += bytes;
    return text;
  }

  #id(): string {
    const bytes = this.#bytes[this.#at] ?? 0;
    const id = this.#bytes.toString("utf8", this.#at + 1, this.#at + 1 + bytes);
    this.#at += 1 + bytes;
    return id;
  }

  #rowAmounts(): RowAmount[] {
    const list: RowAmount[] = [];
    for (let left = this.#u16(); left > 0; left--) list.push({ row: this.#u32(), amount: this.#i64() });
    return list;
  }

  #amounts(): bigint[] {
    const list: bigint[] = [];
    for (let left = this.#u16(); left > 0; left--) list.push(this.#i64());
    return list;
  }

  #u16(): number {
    this.#at += 2;
    return this.#view.getUint16(this.#at - 2, true);
  }

  #u32(): number {
    this.#at += 4;
    return this.#view.getUint32(this.#at - 4, true);
  }

  #i64(): bigint {
    this.#at += 8;
    return this.#view.getBigInt64(this.#at - 8, true);
  }
}
