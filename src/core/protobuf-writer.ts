import { assert } from "./errors.ts";
import { largeBytesMin } from "./shared-bytes.ts";

/**
 * Builds protobuf messages from their end to their start, so that the length of a nested message is known when its prefix is
 * written and nothing is measured or copied twice. Write the last field first, and of a repeated field the last element first.
 *
 *     writer.start();
 *     const inner = writer.mark();
 *     writer.varintField(1, 200);        // HttpStatus.code
 *     writer.messageField(1, inner);     // ImmediateResponse.status
 *     const bytes = writer.finish();
 *
 * Finished messages are slices of one slab that is never written again, each to be given away as it is.
 */
export class ProtobufWriter {
  #slab: Buffer = Buffer.alloc(0);
  /** Where the message being built begins so far. */
  #position = 0;
  /** Just after its last byte that is not in `#behind`. */
  #end = 0;
  /** The end of the message being built, where it has bytes that were not copied: the last part first. */
  #behind: Uint8Array[] = [];
  #behindBytes = 0;

  /** Begins a message; one left unfinished by an error is dropped. */
  start(): void {
    if (this.#slab.length > largeSlabBytes) {
      this.#slab = Buffer.alloc(0);
      this.#position = 0;
    }
    this.#end = this.#position;
    this.#behind = [];
    this.#behindBytes = 0;
  }

  /** The message built since {@link start}, which has no {@link lentBytesField}. */
  finish(): Buffer {
    assert(this.#behind.length === 0, "a message with lent bytes is finished in parts");
    return this.#segment();
  }

  /** The message built since {@link start}, in parts that follow each other where it has bytes that were not copied. */
  finishParts(): Uint8Array | readonly Uint8Array[] {
    return this.#behind.length === 0 ? this.#segment() : [this.#segment(), ...this.#behind.reverse()];
  }

  /** Number of bytes written so far: the place where a nested message will end. */
  mark(): number {
    return this.#end - this.#position + this.#behindBytes;
  }

  /** Makes what was written since `mark` the nested message `field`. */
  messageField(field: number, mark: number): void {
    this.#prefix(field, this.mark() - mark);
  }

  bytesField(field: number, bytes: Uint8Array): void {
    const at = this.#reserve(bytes.length);
    this.#slab.set(bytes, at);
    this.#prefix(field, bytes.length);
  }

  /** The same without a copy where there are many bytes, which nobody may change until the message is sent. Needs {@link finishParts}. */
  lentBytesField(field: number, bytes: Uint8Array): void {
    if (bytes.length < largeBytesMin) {
      this.bytesField(field, bytes);
      return;
    }
    const segment = this.#segment();
    this.#behind.push(segment, bytes);
    this.#behindBytes += segment.length + bytes.length;
    this.#end = this.#position;
    this.#prefix(field, bytes.length);
  }

  utf8Field(field: number, text: string): void {
    if (isShortAscii(text)) {
      this.latin1Field(field, text);
      return;
    }
    const length = Buffer.byteLength(text);
    const at = this.#reserve(length);
    this.#slab.write(text, at, "utf8");
    this.#prefix(field, length);
  }

  /** A string of which each character is one byte, the way HTTP headers are held; the caller has checked that. */
  latin1Field(field: number, text: string): void {
    const at = this.#reserve(text.length);
    if (text.length > shortTextChars) this.#slab.write(text, at, "latin1");
    else for (let i = 0; i < text.length; i += 1) this.#slab[at + i] = text.charCodeAt(i);
    this.#prefix(field, text.length);
  }

  /** An unsigned integer below 2^32, an enum or a flag (0 or 1). */
  varintField(field: number, value: number): void {
    assert(value >>> 0 === value, "an unsigned 32-bit integer");
    this.#varint(value);
    this.#varint(field * 8);
  }

  doubleField(field: number, value: number): void {
    const at = this.#reserve(8);
    this.#slab.writeDoubleLE(value, at);
    this.#varint(field * 8 + 1);
  }

  #segment(): Buffer {
    return this.#slab.subarray(this.#position, this.#end);
  }

  #prefix(field: number, length: number): void {
    this.#varint(length);
    this.#varint(field * 8 + 2);
  }

  #varint(value: number): void {
    let at = this.#reserve(varintBytes(value));
    let rest = value;
    while (rest >= 0x80) {
      this.#slab[at] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
      at += 1;
    }
    this.#slab[at] = rest;
  }

  /** Makes room for `length` bytes before what is written; the offset they begin at. May replace the slab: call it first. */
  #reserve(length: number): number {
    if (length > this.#position) this.#renew(length);
    this.#position -= length;
    return this.#position;
  }

  /** Moves the message being built to the end of a new slab with room for `length` bytes more. */
  #renew(length: number): void {
    const segment = this.#segment();
    const written = segment.length;
    const slab = Buffer.allocUnsafeSlow(slabBytes + length + 2 * written);
    slab.set(segment, slab.length - written);
    this.#slab = slab;
    this.#end = slab.length;
    this.#position = slab.length - written;
  }
}

function isShortAscii(text: string): boolean {
  if (text.length > shortTextChars) return false;
  for (let i = 0; i < text.length; i += 1) if (text.charCodeAt(i) > 0x7f) return false;
  return true;
}

function varintBytes(value: number): number {
  if (value < 0x80) return 1;
  if (value < 0x4000) return 2;
  if (value < 0x20_0000) return 3;
  return value < 0x1000_0000 ? 4 : 5;
}

/** Room that a new slab has beyond the message it is made for. */
const slabBytes = 16_384;
/** A slab above this serves one message only, so that a small later one does not keep it alive. */
const largeSlabBytes = 4 * slabBytes;
/** Up to here a loop writes a text faster than a call into the runtime does. */
const shortTextChars = 48;
