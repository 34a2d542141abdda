import { type JsonObject, parseJson } from "./json-view.ts";

/** How much of the end of an answer that is too large to be read is kept. */
export const answerTailBytes = 65_536;

/** Keeps the last bytes of what passes, without copying: {@link answerTailBytes} at least, and the rest of the piece they begin in. */
export class AnswerTail {
  readonly #pieces: Buffer[] = [];
  #length = 0;

  push(chunk: Buffer): void {
    if (chunk.length === 0) return;
    this.#pieces.push(chunk);
    this.#length += chunk.length;
    for (let first = this.#pieces[0]; first !== undefined; first = this.#pieces[0]) {
      if (this.#length - first.length < answerTailBytes) return;
      this.#pieces.shift();
      this.#length -= first.length;
    }
  }

  /** The last bytes, at most {@link answerTailBytes}; forgets them. */
  take(): Buffer {
    this.#length = 0;
    return Buffer.concat(this.#pieces.splice(0)).subarray(-answerTailBytes);
  }
}

/**
 * The members of a JSON object that can be read from its last bytes. The text is read backwards from the object's closing brace, so that only
 * members of the object itself are found: what stands in a string or deeper inside, whatever it looks like, is passed over as a value. Of
 * a key that comes twice the last counts, as in JSON.parse. Empty for what does not end as an object does.
 */
export function lastMembers(tail: Buffer, keys: ReadonlySet<string>): JsonObject {
  const found: Record<string, unknown> = {};
  const scan = new BackwardScan(tail);
  if (!scan.take(closeBrace)) return found;
  for (;;) {
    const value = scan.value();
    if (value === undefined || !scan.take(colon)) return found;
    const key = parseJson(scan.string()?.toString() ?? "");
    if (typeof key !== "string") return found;
    if (keys.has(key) && !Object.hasOwn(found, key)) found[key] = parseJson(value.toString());
    if (!scan.take(comma)) return found;
  }
}

const [quote, backslash, colon, comma] = [0x22, 0x5c, 0x3a, 0x2c];
const [openBrace, closeBrace, openBracket, closeBracket] = [0x7b, 0x7d, 0x5b, 0x5d];

/** Reads JSON from its end. Outside strings at every step: a quote met there ends a string, which begins at the nearest quote before it that no backslash escapes. */
class BackwardScan {
  readonly #bytes: Buffer;
  /** The bytes before it are still to be read. */
  #end: number;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
    this.#end = bytes.length;
  }

  /** Takes one byte of punctuation, and the blanks behind it. */
  take(byte: number): boolean {
    this.#skipBlanks();
    if (this.#bytes[this.#end - 1] !== byte) return false;
    this.#end -= 1;
    return true;
  }

  /** The value that ends here; undefined: it begins before these bytes, or is none. */
  value(): Buffer | undefined {
    this.#skipBlanks();
    const last = this.#bytes[this.#end - 1];
    if (last === quote) return this.string();
    if (last === closeBrace || last === closeBracket) return this.#nested();
    return this.#word();
  }

  /** The string that ends here, with its quotes. */
  string(): Buffer | undefined {
    this.#skipBlanks();
    const end = this.#end;
    if (this.#bytes[end - 1] !== quote) return undefined;
    let at = end - 1;
    while (at > 0) {
      at = this.#bytes.lastIndexOf(quote, at - 1);
      if (at < 0) return undefined;
      const slashes = this.#backslashesBefore(at);
      // What comes before these bytes may be one more backslash.
      if (slashes === at) return undefined;
      if (slashes % 2 === 0) {
        this.#end = at;
        return this.#bytes.subarray(at, end);
      }
      at -= slashes;
    }
    return undefined;
  }

  /** The object or list that ends here. */
  #nested(): Buffer | undefined {
    const end = this.#end;
    let depth = 0;
    while (this.#end > 0) {
      const byte = this.#bytes[this.#end - 1];
      if (byte === quote) {
        if (this.string() === undefined) return undefined;
        continue;
      }
      this.#end -= 1;
      if (byte === closeBrace || byte === closeBracket) depth += 1;
      else if (byte === openBrace || byte === openBracket) depth -= 1;
      if (depth === 0) return this.#bytes.subarray(this.#end, end);
    }
    return undefined;
  }

  /** The number, `true`, `false` or `null` that ends here. */
  #word(): Buffer | undefined {
    const end = this.#end;
    while (this.#end > 0 && isWordByte(this.#bytes[this.#end - 1] ?? 0)) this.#end -= 1;
    return this.#end === end || this.#end === 0 ? undefined : this.#bytes.subarray(this.#end, end);
  }

  #backslashesBefore(at: number): number {
    let count = 0;
    while (count < at && this.#bytes[at - 1 - count] === backslash) count += 1;
    return count;
  }

  #skipBlanks(): void {
    while (this.#end > 0 && isBlank(this.#bytes[this.#end - 1] ?? 0)) this.#end -= 1;
  }
}

function isBlank(byte: number): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}

/** Letters, digits, `+`, `-` and `.`. */
function isWordByte(byte: number): boolean {
  return (
    (byte >= 0x30 && byte <= 0x39) ||
    (byte >= 0x61 && byte <= 0x7a) ||
    byte === 0x45 ||
    byte === 0x2b ||
    byte === 0x2d ||
    byte === 0x2e
  );
}
