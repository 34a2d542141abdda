import { randomInt } from "node:crypto";
import { assert } from "../core/errors.ts";
import type { Int32Field } from "./row-pages.ts";

const firstSlots = 1_024;
/** Of the slots, at most this share is in use: few are looked at to find one. */
const fullestShare = 0.6;

/**
 * Finds the row of an account by its rule and key, and the key of a row. An open hash table of rows with linear probing: four bytes a slot, and the
 * hash is in the row, so that a lookup reads one slot, one row and one key.
 */
export class AccountIndex {
  readonly #hashes: Int32Field;
  readonly #rules: Int32Field;
  /** Nobody who chooses keys can choose where they come to lie. */
  readonly #seed = randomInt(2 ** 32);
  #keys: (string | undefined)[] = [];
  /** Rows plus one; 0: free. A power of two long. */
  #slots = new Int32Array(firstSlots);
  #size = 0;

  constructor(hashes: Int32Field, rules: Int32Field) {
    this.#hashes = hashes;
    this.#rules = rules;
  }

  get size(): number {
    return this.#size;
  }

  /** Rows ever used are below this. */
  get rowsEnd(): number {
    return this.#keys.length;
  }

  /** The key of a row. Undefined if the row is free. */
  keyAt(row: number): string | undefined {
    return this.#keys[row];
  }

  /** The row of a key. Undefined if it has none. */
  find(rule: number, key: string): number | undefined {
    const hash = this.#hashOf(rule, key);
    const last = this.#slots.length - 1;
    for (let slot = hash & last; ; slot = (slot + 1) & last) {
      const row = (this.#slots[slot] ?? 0) - 1;
      if (row < 0) return undefined;
      if (this.#hashes.get(row) === hash && this.#keys[row] === key && this.#rules.get(row) === rule)
        return row;
    }
  }

  /** Gives a row that nobody has to a key that has none. */
  add(row: number, rule: number, key: string): void {
    if (this.#size >= this.#slots.length * fullestShare) this.#grow();
    while (this.#keys.length < row) this.#keys.push(undefined);
    this.#keys[row] = packed(key);
    this.#rules.set(row, rule);
    this.#hashes.set(row, this.#hashOf(rule, key));
    this.#insert(row);
    this.#size += 1;
  }

  /** Takes the row of a key away. */
  remove(row: number): void {
    const last = this.#slots.length - 1;
    let gap = this.#hashes.get(row) & last;
    while (this.#slots[gap] !== row + 1) gap = (gap + 1) & last;
    // Later entries move up, unless their own place is behind the gap.
    for (let slot = (gap + 1) & last; this.#slots[slot] !== 0; slot = (slot + 1) & last) {
      const other = this.#slots[slot] ?? 0;
      const home = this.#hashes.get(other - 1) & last;
      if (((slot - home) & last) < ((slot - gap) & last)) continue;
      this.#slots[gap] = other;
      gap = slot;
    }
    this.#slots[gap] = 0;
    this.#keys[row] = undefined;
    this.#size -= 1;
  }

  /** A copy of the keys for reading rows; it does not support lookups. */
  copyKeys(hashes: Int32Field, rules: Int32Field): AccountIndex {
    const copy = new AccountIndex(hashes, rules);
    copy.#keys = this.#keys.slice();
    return copy;
  }

  #insert(row: number): void {
    const last = this.#slots.length - 1;
    let slot = this.#hashes.get(row) & last;
    while (this.#slots[slot] !== 0) slot = (slot + 1) & last;
    this.#slots[slot] = row + 1;
  }

  #grow(): void {
    const before = this.#slots;
    this.#slots = new Int32Array(before.length * 2);
    for (const taken of before) if (taken !== 0) this.#insert(taken - 1);
    assert(this.#slots.length > this.#size, "the table has room");
  }

  /** Of 32 bits, all of which depend on all of the key. */
  #hashOf(rule: number, key: string): number {
    let hash = this.#seed ^ Math.imul(rule + 1, 0x9e3779b1);
    for (let at = 0; at < key.length; at++) hash = Math.imul(hash ^ key.charCodeAt(at), 0x01000193);
    hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
    hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
    return hash ^ (hash >>> 16);
  }
}

/** The same text in one piece: a key joined of parts would keep all of them, three times its size. */
function packed(key: string): string {
  return Buffer.from(key).toString();
}
