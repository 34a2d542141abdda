import { isUtf8 } from "node:buffer";
import { GatewayError } from "./errors.ts";
import { passNumbers } from "./json-numbers.ts";
import type { KeySet } from "./key-set.ts";

/** Deepest nesting accepted, in levels: serde_json's limit, so that what passes here is read by upstreams built on it. */
export const jsonDepthMax = 128;

/** What a JSON value is, told by its first byte. */
export type JsonKind = "object" | "array" | "string" | "number" | "boolean" | "null";

const openBrace = 0x7b;
const closeBrace = 0x7d;
const openBracket = 0x5b;
const closeBracket = 0x5d;
const quote = 0x22;
const backslash = 0x5c;
const comma = 0x2c;
const colon = 0x3a;
const minus = 0x2d;
const zero = 0x30;
/** Returned where the text has ended; no byte has this value. */
const noByte = -1;

/** Flags of one open level. */
const isObject = 1;
const hasMember = 2;

/** 1 for bytes that may stand in a string as they are: all but quote, backslash and control characters (RFC 8259 §7). */
const plain = new Uint8Array(256).fill(1, 0x20);
plain[quote] = 0;
plain[backslash] = 0;

/** Bytes that may follow a backslash, besides `u`. */
const simpleEscapes = new Set([0x22, 0x5c, 0x2f, 0x62, 0x66, 0x6e, 0x72, 0x74]);

/**
 * One strict pass over a JSON text that is read where it stands: the caller pulls keys, strings and items it cares for and skips the rest;
 * every byte is checked once all the same (RFC 8259, valid UTF-8, no byte order mark, at most {@link jsonDepthMax} levels, nothing after the value).
 * Stricter than `JSON.parse` in what two parsers may read differently: surrogates come in pairs (RFC 7493 §2.1), keys of a {@link KeySet}
 * come once, in their own letters and without NUL. Anything else throws `invalid_request`.
 */
export class JsonScan {
  /** Offset of the first byte of what was read last: inside the quotes of a string or key, else of the value itself. */
  start = 0;
  /** Offset after the last byte of what was read last. */
  end = 0;
  /** Whether the string or key read last contains a backslash. */
  escaped = false;
  readonly body: Buffer;
  #at = 0;
  #depth = 0;
  readonly #levels = new Uint8Array(jsonDepthMax + 1);
  readonly #seen = new Int32Array(jsonDepthMax + 1);

  constructor(body: Buffer) {
    if (!isUtf8(body)) throw new GatewayError("invalid_request", "the body is not valid UTF-8");
    this.body = body;
  }

  /** The kind of the value that comes next. */
  kind(): JsonKind {
    switch (this.#space()) {
      case openBrace:
        return "object";
      case openBracket:
        return "array";
      case quote:
        return "string";
      case 0x74:
      case 0x66:
        return "boolean";
      case 0x6e:
        return "null";
      default:
        return "number";
    }
  }

  /** Offset of the value that comes next. */
  position(): number {
    this.#space();
    return this.#at;
  }

  /** Offset after everything read so far. */
  get passed(): number {
    return this.#at;
  }

  /** Enters the object or array that comes next; every member is then pulled until there is none. */
  enter(): void {
    const byte = this.#space();
    if (byte !== openBrace && byte !== openBracket) this.#fail("an object or an array was expected");
    this.#open(byte);
  }

  /** The next key of the object entered last: one of `keys`, "" for any other, undefined once the object has ended. Its value comes next. */
  nextKey<Key extends string>(keys: KeySet<Key>): Key | "" | undefined {
    if (!this.#advance()) return undefined;
    const index = keys.find(this.body, this.start, this.end, this.escaped);
    if (index === keys.none) return "";
    if (index === keys.lookalike) this.#fail("a key is written so that parsers may disagree on its name");
    const bit = 1 << index;
    const seen = this.#seen[this.#depth] ?? 0;
    if ((seen & bit) !== 0) throw duplicateKey(keys.names[index] ?? "");
    this.#seen[this.#depth] = seen | bit;
    return keys.names[index];
  }

  /** The next key of the object entered last, whatever it is; undefined once the object has ended. */
  nextName(): string | undefined {
    return this.#advance() ? this.text() : undefined;
  }

  /** Whether the array entered last has a further item, which comes next. */
  nextItem(): boolean {
    return this.#advance();
  }

  /** Passes the string that comes next; `start`, `end` and `escaped` tell where its inside stands. */
  string(): void {
    if (this.#space() !== quote) this.#fail("a string was expected");
    this.#string();
  }

  /** What the string or key read last says. */
  text(): string {
    if (!this.escaped) return this.body.toString("utf8", this.start, this.end);
    return JSON.parse(this.body.toString("utf8", this.start - 1, this.end + 1)) as string;
  }

  /** The bytes of the number or literal read last. */
  literal(): string {
    return this.body.toString("latin1", this.start, this.end);
  }

  /** Passes whatever value comes next; `start` and `end` tell where it stands, quotes and brackets included. */
  skip(): void {
    const byte = this.#space();
    const start = this.#at;
    if (byte === openBrace || byte === openBracket) this.#skipContainer(byte);
    else this.#scalar(byte);
    this.start = start;
    this.end = this.#at;
  }

  /** Passes the array that comes next and says how many numbers it has; undefined, with nothing passed, where it holds anything else. */
  numbers(): number | undefined {
    if (this.#space() !== openBracket) return undefined;
    const read = passNumbers(this.body, this.#at);
    if (read === undefined) return undefined;
    this.start = this.#at;
    this.end = read.end;
    this.#at = read.end;
    return read.count;
  }

  /** Says that the text must have ended. */
  finish(): void {
    if (this.#space() !== noByte) this.#fail("something follows the value");
  }

  #skipContainer(byte: number): void {
    const outside = this.#depth;
    this.#open(byte);
    while (this.#depth > outside) {
      if (!this.#advance()) continue;
      const next = this.#space();
      if (next === openBrace || next === openBracket) this.#open(next);
      else this.#scalar(next);
    }
  }

  #open(byte: number): void {
    if (this.#depth === jsonDepthMax) this.#fail(`it nests deeper than ${jsonDepthMax} levels`);
    this.#depth += 1;
    this.#levels[this.#depth] = byte === openBrace ? isObject : 0;
    this.#seen[this.#depth] = 0;
    this.#at += 1;
  }

  /** Moves to the value of the next member or item of the innermost level, or closes that level and says false. */
  #advance(): boolean {
    const level = this.#levels[this.#depth] ?? 0;
    const inObject = (level & isObject) !== 0;
    let byte = this.#space();
    if (byte === (inObject ? closeBrace : closeBracket)) {
      this.#depth -= 1;
      this.#at += 1;
      return false;
    }
    if ((level & hasMember) !== 0) {
      if (byte !== comma) this.#fail("a comma is missing");
      this.#at += 1;
      byte = this.#space();
    } else this.#levels[this.#depth] = level | hasMember;
    if (inObject) {
      if (byte !== quote) this.#fail("a key was expected");
      this.#string();
      if (this.#space() !== colon) this.#fail("a colon is missing");
      this.#at += 1;
    }
    return true;
  }

  /** Skips white space; the byte after it, or {@link noByte}. */
  #space(): number {
    const body = this.body;
    let at = this.#at;
    while (at < body.length) {
      const byte = body[at] ?? noByte;
      if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) {
        this.#at = at;
        return byte;
      }
      at += 1;
    }
    this.#at = at;
    return noByte;
  }

  #scalar(byte: number): void {
    switch (byte) {
      case quote:
        this.#string();
        return;
      case 0x74:
        this.#word("true");
        return;
      case 0x66:
        this.#word("false");
        return;
      case 0x6e:
        this.#word("null");
        return;
      default:
        this.#number();
        return;
    }
  }

  #string(): void {
    const body = this.body;
    const length = body.length;
    let at = this.#at + 1;
    this.start = at;
    this.escaped = false;
    for (;;) {
      while (at < length && plain[body[at] ?? 0] === 1) at += 1;
      const byte = body[at];
      if (byte === quote) break;
      this.#at = at;
      if (byte === undefined) this.#fail("a string has no end");
      if (byte !== backslash) this.#fail("a control character stands in a string");
      this.escaped = true;
      at = this.#escape(at);
    }
    this.end = at;
    this.#at = at + 1;
  }

  /** Checks the escape at `at`; the offset after it. A high surrogate takes its low one along. */
  #escape(at: number): number {
    const kind = this.body[at + 1] ?? noByte;
    if (simpleEscapes.has(kind)) return at + 2;
    if (kind !== 0x75) this.#fail("an escape is unknown");
    const unit = this.#hex(at + 2);
    if (unit < 0xd800 || unit > 0xdfff) return at + 6;
    const paired = unit < 0xdc00 && this.body[at + 6] === backslash && this.body[at + 7] === 0x75;
    const low = paired ? this.#hex(at + 8) : 0;
    if (low < 0xdc00 || low > 0xdfff) this.#fail("a surrogate stands alone");
    return at + 12;
  }

  #hex(at: number): number {
    let value = 0;
    for (let i = at; i < at + 4; i += 1) {
      const digit = hexDigit(this.body[i] ?? noByte);
      if (digit < 0) this.#fail("an escape is unknown");
      value = value * 16 + digit;
    }
    return value;
  }

  #word(word: string): void {
    for (let i = 0; i < word.length; i += 1) {
      if (this.body[this.#at + i] !== word.charCodeAt(i)) this.#fail("a value was expected");
    }
    this.#at += word.length;
  }

  #number(): void {
    if (this.body[this.#at] === minus) this.#at += 1;
    if (this.body[this.#at] === zero) this.#at += 1;
    else this.#digits("a value was expected");
    if (this.body[this.#at] === 0x2e) {
      this.#at += 1;
      this.#digits("a digit was expected");
    }
    if (((this.body[this.#at] ?? 0) | 0x20) === 0x65) {
      this.#at += 1;
      const sign = this.body[this.#at];
      if (sign === 0x2b || sign === minus) this.#at += 1;
      this.#digits("a digit was expected");
    }
  }

  #digits(otherwise: string): void {
    const first = this.#at;
    while (isDigit(this.body[this.#at] ?? noByte)) this.#at += 1;
    if (this.#at === first) this.#fail(otherwise);
  }

  #fail(why: string): never {
    throw new GatewayError(
      "invalid_request",
      `the body is not JSON that can be accepted: ${why} (byte ${this.#at})`,
    );
  }
}

/** What is thrown for a key that stands twice in one object. */
export function duplicateKey(name: string): GatewayError {
  return new GatewayError("invalid_request", `the key ${name} stands twice in one object`, { param: name });
}

function isDigit(byte: number): boolean {
  return byte >= zero && byte <= 0x39;
}

function hexDigit(byte: number): number {
  if (isDigit(byte)) return byte - zero;
  const lower = byte | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
}
