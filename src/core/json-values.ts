/**
 * Counts the values of a JSON text that comes in pieces, by what stands before them outside strings: commas, braces and brackets. It costs little
 * and is done before a text is parsed, which takes as long as it has values. A line break ends a string, in which none can stand.
 */
export class JsonValues {
  /** Values so far. */
  count = 0;
  #inString = false;
  #escaped = false;

  /** Takes the bytes from `start` to `end`, which follow those taken before. */
  add(bytes: Uint8Array, start: number, end: number): void {
    let { count } = this;
    let inString = this.#inString;
    let escaped = this.#escaped;
    for (let at = start; at < end; at += 1) {
      const byte = bytes[at];
      if (byte === lineFeed || byte === carriageReturn) {
        inString = false;
        escaped = false;
      } else if (inString) {
        if (escaped) escaped = false;
        else if (byte === backslash) escaped = true;
        else if (byte === quote) inString = false;
      } else if (byte === quote) inString = true;
      else if (byte === comma || byte === openBrace || byte === openBracket) count += 1;
    }
    this.count = count;
    this.#inString = inString;
    this.#escaped = escaped;
  }
}

const lineFeed = 0x0a;
const carriageReturn = 0x0d;
const quote = 0x22;
const backslash = 0x5c;
const comma = 0x2c;
const openBrace = 0x7b;
const openBracket = 0x5b;
