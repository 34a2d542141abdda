import { headerKind } from "./header-kind.ts";
import { DynamicTable, type HeaderField } from "./hpack-table.ts";
import { decodeHuffman } from "./huffman.ts";

/** Receives the fields of a header block. */
export interface HeaderSink {
  /** False: no field is of interest any more, and none need be made. */
  readonly wantsMore: boolean;
  add(field: HeaderField): void;
}

/** Decompresses one connection's header blocks (RFC 7541). Every block must pass through, in order, wanted or not. */
export class HpackDecoder {
  readonly #table = new DynamicTable();
  #bytes: Uint8Array = new Uint8Array(0);
  #at = 0;
  #end = 0;

  /** Hands every field of a whole block to `sink`; false when the block is broken, after which the connection cannot go on. */
  decode(block: Buffer, start: number, end: number, sink: HeaderSink): boolean {
    this.#bytes = block;
    this.#at = start;
    this.#end = end;
    let resizable = true;
    while (this.#at < this.#end) {
      const first = block[this.#at] ?? 0;
      if (first >= 0x80) {
        const field = this.#table.get(this.#integer(7));
        if (field === undefined) return false;
        if (sink.wantsMore) sink.add(field);
      } else if (first >= 0x20 && first < 0x40) {
        // A size update stands only before the first field.
        const size = this.#integer(5);
        if (!resizable || size < 0 || !this.#table.resize(size)) return false;
        continue;
      } else {
        const indexed = first >= 0x40;
        if (!(indexed || sink.wantsMore ? this.#takeLiteral(block, indexed, sink) : this.#skipLiteral()))
          return false;
      }
      resizable = false;
    }
    return true;
  }

  #takeLiteral(block: Buffer, indexed: boolean, sink: HeaderSink): boolean {
    const field = this.#literal(block, indexed ? 6 : 4);
    if (field === undefined) return false;
    if (indexed) this.#table.add(field);
    if (sink.wantsMore) sink.add(field);
    return true;
  }

  #literal(block: Buffer, prefixBits: number): HeaderField | undefined {
    const index = this.#integer(prefixBits);
    const name = index === 0 ? this.#string(block) : this.#table.get(index)?.name;
    if (name === undefined) return undefined;
    const value = this.#string(block);
    return value === undefined ? undefined : { name, value, kind: headerKind(name, value) };
  }

  /** Passes over a literal that does not enter the table, without checking its strings. False when it is cut. */
  #skipLiteral(): boolean {
    const index = this.#integer(4);
    if (index === 0 ? !this.#skipString() : this.#table.get(index) === undefined) return false;
    return this.#skipString();
  }

  #skipString(): boolean {
    if (this.#at >= this.#end) return false;
    const length = this.#integer(7);
    if (length < 0 || this.#at + length > this.#end) return false;
    this.#at += length;
    return true;
  }

  /** An integer with a prefix of so many bits (§5.1); -1 when it is cut, or larger than anything valid here. */
  #integer(prefixBits: number): number {
    const mask = (1 << prefixBits) - 1;
    let value = (this.#bytes[this.#at++] ?? 0) & mask;
    if (value < mask) return value;
    for (let shift = 0; shift <= 21; shift += 7) {
      if (this.#at >= this.#end) return -1;
      const byte = this.#bytes[this.#at++] ?? 0;
      value += (byte & 127) << shift;
      if (byte < 128) return value;
    }
    return -1;
  }

  /** A string (§5.2), as Latin-1; undefined when it is cut or its Huffman code is broken. */
  #string(block: Buffer): string | undefined {
    if (this.#at >= this.#end) return undefined;
    const huffman = (this.#bytes[this.#at] ?? 0) >= 0x80;
    const length = this.#integer(7);
    const start = this.#at;
    if (length < 0 || start + length > this.#end) return undefined;
    this.#at = start + length;
    if (!huffman) return block.toString("latin1", start, this.#at);
    const target = scratchFor(length);
    const written = decodeHuffman(block, start, this.#at, target);
    return written < 0 ? undefined : target.toString("latin1", 0, written);
  }
}

/** Where Huffman strings are decoded before they become strings; grows to the longest header block there was. */
let scratch = Buffer.allocUnsafeSlow(4_096);

function scratchFor(codedBytes: number): Buffer {
  const needed = Math.ceil((codedBytes * 8) / 5);
  if (scratch.length < needed) scratch = Buffer.allocUnsafeSlow(needed);
  return scratch;
}
