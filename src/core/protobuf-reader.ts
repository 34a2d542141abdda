import { GatewayError } from "./errors.ts";

/**
 * A cursor over one protobuf message (https://protobuf.dev/programming-guides/encoding/).
 *
 * It copies nothing and follows no nesting on its own: a caller descends with {@link enter} only into messages it knows, so no
 * input decides how deep we go. Every read is checked against the end of the message it is in; what does not fit throws a
 * {@link GatewayError} `internal`, and nothing else is ever thrown.
 */
export class ProtobufReader {
  readonly bytes: Buffer;
  /** Offset of the next byte to read. */
  position: number;
  /** Offset just after the message being read. */
  limit: number;

  constructor(bytes: Buffer, position = 0, limit = bytes.length) {
    this.bytes = bytes;
    this.position = position;
    this.limit = limit;
  }

  /** True if the current message has another field. */
  more(): boolean {
    return this.position < this.limit;
  }

  /** The next field's tag: its number times eight, plus its wire type. */
  tag(): number {
    const tag = this.varint();
    if (tag < 8 || tag > 0xffff_ffff) throw malformed("a field number out of range");
    return tag;
  }

  /** An unsigned varint of at most ten bytes. Exact up to 2^53, rounded above. */
  varint(): number {
    if (this.position >= this.limit) throw malformed("a varint cut short");
    const first = this.bytes[this.position] as number;
    if (first < 0x80) {
      this.position += 1;
      return first;
    }
    return this.#longVarint();
  }

  /** A varint read as a flag. */
  bool(): boolean {
    return this.varint() !== 0;
  }

  double(): number {
    const start = this.position;
    this.#advance(8);
    return this.bytes.readDoubleLE(start);
  }

  /** A bytes field, as a view of the input. */
  view(): Buffer {
    const length = this.varint();
    const start = this.position;
    this.#advance(length);
    return length === 0 ? empty : this.bytes.subarray(start, this.position);
  }

  /** A string field. Bytes that are not UTF-8 become U+FFFD. */
  utf8(): string {
    const length = this.varint();
    const start = this.position;
    this.#advance(length);
    return this.bytes.toString("utf8", start, this.position);
  }

  /** Compares a string field with `text`, which must be ASCII, without creating a string. */
  equals(text: string): boolean {
    const length = this.varint();
    const start = this.position;
    this.#advance(length);
    return length === text.length && matchesAt(this.bytes, start, text);
  }

  /** Goes into the message that follows; the limit returned is for {@link leave}. */
  enter(): number {
    const length = this.varint();
    const outer = this.limit;
    if (length > outer - this.position) throw malformed("a field longer than its message");
    this.limit = this.position + length;
    return outer;
  }

  /** Leaves a message entered before, wherever in it the cursor is. */
  leave(outer: number): void {
    this.position = this.limit;
    this.limit = outer;
  }

  /** Skips the field whose tag was just read. Groups are refused: proto3 has none, and they nest. */
  skip(tag: number): void {
    switch (tag & 7) {
      case 0:
        this.varint();
        return;
      case 1:
        this.#advance(8);
        return;
      case 2:
        this.#advance(this.varint());
        return;
      case 5:
        this.#advance(4);
        return;
      default:
        throw malformed("a group or an unknown wire type");
    }
  }

  #advance(length: number): void {
    if (length > this.limit - this.position) throw malformed("a field longer than its message");
    this.position += length;
  }

  #longVarint(): number {
    let value = 0;
    let scale = 1;
    const end = Math.min(this.limit, this.position + varintBytesMax);
    for (let at = this.position; at < end; at += 1) {
      const byte = this.bytes[at] as number;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) {
        this.position = at + 1;
        return value;
      }
      scale *= 0x80;
    }
    throw malformed("a varint cut short or longer than ten bytes");
  }
}

/** True if the bytes at `start` are the ASCII `text`. The caller has compared the lengths. */
export function matchesAt(bytes: Buffer, start: number, text: string): boolean {
  for (let i = 0; i < text.length; i += 1) if (bytes[start + i] !== text.charCodeAt(i)) return false;
  return true;
}

/** The failure of a message that is not what its schema or the wire format says; `why` quotes nothing of it. */
export function malformed(why: string): GatewayError {
  return new GatewayError("internal", `malformed protobuf message: ${why}`);
}

const varintBytesMax = 10;
const empty = Buffer.alloc(0);
