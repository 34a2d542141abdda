import { type JsonObject, parseJson } from "../json-view.ts";

/** Deepest level that is looked into; no format has text deeper. */
const depthMax = 24;

/** The members that are looked for, by the parsed object or list that holds them. */
export type WantedMembers<Value> = ReadonlyMap<object, ReadonlyMap<string | number, Value>>;

/** Tells where the value of a wanted member stands: the offset of its first byte, and after its last. */
export type FoundMember<Value> = (wanted: Value, start: number, end: number) => void;

/**
 * Finds members of parsed JSON in the bytes it was parsed from. `root` is what `JSON.parse` made of `json`. A key that stands twice in one
 * object is found twice.
 */
export function locateMembers<Value>(
  json: Buffer,
  root: JsonObject,
  wanted: WantedMembers<Value>,
  found: FoundMember<Value>,
): void {
  new Walk(json, wanted, found).value(root, 0);
}

/** The JSON with another value for a member of its outermost object; the same buffer if it has no such member. */
export function replaceMember(json: Buffer, root: JsonObject, key: string, value: string): Buffer {
  let written = json;
  locateMembers(json, root, new Map([[root, new Map([[key, key]])]]), (_key, start, end) => {
    written = Buffer.concat([json.subarray(0, start), Buffer.from(value), json.subarray(end)]);
  });
  return written;
}

/** One walk over JSON that is known to be well formed. */
class Walk<Value> {
  readonly #json: Buffer;
  readonly #wanted: WantedMembers<Value>;
  readonly #found: FoundMember<Value>;
  #at = 0;

  constructor(json: Buffer, wanted: WantedMembers<Value>, found: FoundMember<Value>) {
    this.#json = json;
    this.#wanted = wanted;
    this.#found = found;
    if (json.subarray(0, byteOrderMark.length).equals(byteOrderMark)) this.#at = byteOrderMark.length;
  }

  /** Passes the value that comes next; `parsed` is what the parser made of it, or of another one under the same key. */
  value(parsed: unknown, depth: number): void {
    const byte = this.#space();
    if ((byte !== openBrace && byte !== openBracket) || !isHolder(parsed) || depth === depthMax)
      this.#skip(byte);
    else this.#members(parsed, byte === openBrace, depth);
  }

  #members(parsed: object, isObject: boolean, depth: number): void {
    const wanted = this.#wanted.get(parsed);
    this.#at += 1;
    for (let index = 0; this.#space() !== closeBrace && this.#json[this.#at] !== closeBracket; index += 1) {
      if (this.#at >= this.#json.length) return;
      const key = isObject ? this.#key() : index;
      const value = wanted?.get(key);
      const byte = this.#space();
      const start = this.#at;
      if (value === undefined) this.value(Reflect.get(parsed, key), depth + 1);
      else {
        this.#skip(byte);
        this.#found(value, start, this.#at);
      }
      if (this.#space() === comma) this.#at += 1;
    }
    this.#at += 1;
  }

  #key(): string {
    const start = this.#at;
    this.#string();
    const raw = this.#json.toString("utf8", start, this.#at);
    if (this.#space() === colon) this.#at += 1;
    return raw.includes("\\") ? String(parseJson(raw)) : raw.slice(1, -1);
  }

  /** Passes a value without looking into it. */
  #skip(first: number | undefined): void {
    if (first === quote) this.#string();
    else if (first === openBrace || first === openBracket) this.#skipHolder();
    else while (!ends.has(this.#json[this.#at])) this.#at += 1;
  }

  #skipHolder(): void {
    let depth = 0;
    do {
      const byte = this.#json[this.#at];
      if (byte === quote) {
        this.#string();
        continue;
      }
      if (byte === openBrace || byte === openBracket) depth += 1;
      else if (byte === closeBrace || byte === closeBracket) depth -= 1;
      this.#at += 1;
    } while (depth > 0 && this.#at < this.#json.length);
  }

  #string(): void {
    let end = this.#json.indexOf(quote, this.#at + 1);
    while (end >= 0 && this.#isEscaped(end)) end = this.#json.indexOf(quote, end + 1);
    this.#at = end < 0 ? this.#json.length : end + 1;
  }

  #isEscaped(at: number): boolean {
    let slashes = 0;
    while (this.#json[at - 1 - slashes] === backslash) slashes += 1;
    return slashes % 2 === 1;
  }

  #space(): number | undefined {
    while (blanks.has(this.#json[this.#at])) this.#at += 1;
    return this.#json[this.#at];
  }
}

function isHolder(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

const [quote, backslash, colon, comma] = [0x22, 0x5c, 0x3a, 0x2c];
const [openBrace, closeBrace, openBracket, closeBracket] = [0x7b, 0x7d, 0x5b, 0x5d];
const blanks: ReadonlySet<number | undefined> = new Set([0x20, 0x0a, 0x0d, 0x09]);
const ends: ReadonlySet<number | undefined> = new Set([
  ...blanks,
  comma,
  closeBrace,
  closeBracket,
  undefined,
]);
const byteOrderMark = Buffer.from([0xef, 0xbb, 0xbf]);
