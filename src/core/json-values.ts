/** Values of an event's data are counted from this size on: what is smaller has no more than can be parsed in a few milliseconds. */
export const countedBytesMin = 16_384;

/** Most values of one event's data, which parsing takes as long as: an answer that repeats a hundred tools has a few thousand. */
export const eventValuesMax = 12_000;

/** Bytes of all strings of one text that are read. Whatever follows of a string is cut. */
export const stringBytesMax = 524_288;

/** What is read of any string, however much came before it: names, identifiers, reasons. */
const shortStringBytes = 64;

/** Shortest end of a string that is cut: no shorter than what stands in its place. */
const cutBytesMin = 64;

/** Ends a string that was cut. It is no character (Unicode 16, §23.7), so it ends no other. */
export const cutMark = "\uffff";
const cutMarkBytes = Buffer.from(cutMark);

/** Bytes from `start` to before `end`. */
export interface Cut {
  readonly start: number;
  readonly end: number;
}

/**
 * Looks through a JSON text that comes in pieces, before it is parsed: parsing takes as long as the text has values and its strings have bytes.
 * Counts the values, by what stands before them outside strings: commas, braces and brackets. Finds the ends of strings that need not be read. A
 * line break ends a string, in which none can stand.
 */
export class JsonValues {
  /** Values so far. */
  count = 0;
  /** The ends of strings that are not read, in order: what follows the first {@link stringBytesMax} of all strings. */
  readonly cuts: Cut[] = [];
  #inString = false;
  #escaped = false;
  #stringStart = 0;
  /** Bytes of the strings before this one that are read. */
  #stringBytes = 0;
  /** From here on, this string is not read. */
  #cutFrom = 0;
  #cutStart = -1;
  /** The end of the last escape, which is not cut in two. */
  #escapeEnd = 0;

  /** Takes the bytes from `start` to `end`, which follow those taken before. */
  add(bytes: Uint8Array, start: number, end: number): void {
    let { count } = this;
    let inString = this.#inString;
    let escaped = this.#escaped;
    let cutFrom = this.#cutFrom;
    for (let at = start; at < end; at += 1) {
      // Most of a long text is plain.
      if (inString && !escaped) while (at < end && at < cutFrom && special[bytes[at] ?? 0] === 0) at += 1;
      if (at >= end) break;
      const byte = bytes[at] ?? 0;
      if (byte === lineFeed || byte === carriageReturn) {
        inString = false;
        escaped = false;
      } else if (escaped) {
        escaped = false;
        this.#escapeEnd = byte === letterU ? at + 5 : at + 1;
      } else if (inString) {
        if (at >= cutFrom) cutFrom = this.#cutAt(at, byte, cutFrom);
        if (byte === backslash) escaped = true;
        else if (byte === quote) {
          inString = false;
          this.#endString(at);
        }
      } else if (byte === quote) {
        inString = true;
        cutFrom = this.#beginString(at + 1);
      } else if (byte === comma || byte === openBrace || byte === openBracket) count += 1;
    }
    this.count = count;
    this.#inString = inString;
    this.#escaped = escaped;
    this.#cutFrom = cutFrom;
  }

  /** From where on the string is not read. */
  #beginString(at: number): number {
    this.#stringStart = at;
    this.#cutStart = -1;
    this.#escapeEnd = at;
    return at + Math.max(shortStringBytes, stringBytesMax - this.#stringBytes);
  }

  /** Cuts the string here, unless that would cut a character or an escape in two. Returns from where on it is to be tried again. */
  #cutAt(at: number, byte: number, cutFrom: number): number {
    if (at < this.#escapeEnd || (byte & 0xc0) === 0x80) return cutFrom;
    this.#cutStart = at;
    return Number.MAX_SAFE_INTEGER;
  }

  #endString(at: number): void {
    const isCut = this.#cutStart >= 0 && this.#cutStart + cutBytesMin <= at;
    if (isCut) this.cuts.push({ start: this.#cutStart, end: at });
    this.#stringBytes += (isCut ? this.#cutStart : at) - this.#stringStart;
  }
}

/** Whether a JSON text has more than {@link eventValuesMax} values. */
export function hasTooManyValues(json: Uint8Array): boolean {
  if (json.length < countedBytesMin) return false;
  const values = new JsonValues();
  values.add(json, 0, json.length);
  return values.count > eventValuesMax;
}

/** The bytes from `start` to before `end` without what is cut of them, with {@link cutMark} in its place; the same memory if nothing is. */
export function withoutCuts(bytes: Buffer, start: number, end: number, cuts: readonly Cut[]): Buffer {
  const within = cuts.filter((cut) => cut.start >= start && cut.end <= end);
  if (within.length === 0) return bytes.subarray(start, end);
  const left = Buffer.allocUnsafe(end - start);
  let from = start;
  let at = 0;
  for (const cut of within) {
    at = append(left, at, bytes, from, cut.start);
    at = append(left, at, cutMarkBytes, 0, cutMarkBytes.length);
    from = cut.end;
  }
  return left.subarray(0, append(left, at, bytes, from, end));
}

/** Copies bytes to `at`; the offset behind them. */
function append(to: Buffer, at: number, bytes: Buffer, start: number, end: number): number {
  // A call of the runtime's takes as long as to copy this many.
  if (end - start > 256) bytes.copy(to, at, start, end);
  else for (let i = start; i < end; i += 1) to[at + i - start] = bytes[i] ?? 0;
  return at + end - start;
}

/** 1 for bytes that mean something inside a string. */
const special = new Uint8Array(256);

const lineFeed = 0x0a;
const carriageReturn = 0x0d;
const quote = 0x22;
const backslash = 0x5c;
const comma = 0x2c;
const openBrace = 0x7b;
const openBracket = 0x5b;
const letterU = 0x75;

for (const byte of [lineFeed, carriageReturn, quote, backslash]) special[byte] = 1;
