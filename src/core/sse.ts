import { ByteQueue } from "./byte-queue.ts";
import { decodeUtf8 } from "./decode-utf8.ts";
import { GatewayError } from "./errors.ts";
import {
  type Cut,
  countedBytesMin,
  eventValuesMax,
  JsonValues,
  stringBytesMax,
  withoutCuts,
} from "./json-values.ts";

/** Largest single event held while its end has not come, in bytes: room for an image in base64. */
export const sseEventBytesMax = 8 * 1024 * 1024;

/** Most lines of one event; those of providers have one or two. */
const linesMax = 4_096;

/** Longest data of one event that is read, in bytes: its strings, which are cut where they are longer, and as much besides. */
const readBytesMax = 3 * stringBytesMax;

/** Longest name of an event that is read, in bytes. */
const nameBytesMax = 1_024;

/** One event of a stream (HTML standard §9.2), with the bytes it was written in, blank line included. */
export interface SseEvent {
  readonly bytes: Buffer;
  /** The `event` field; empty when there is none. */
  readonly name: string;
  /**
   * The `data` lines joined by line feeds; undefined when there is none, as in a comment. Of JSON, strings are cut that are together longer than
   * `stringBytesMax`, and end in `cutMark`: reading them would hold the event loop.
   */
  readonly data: string | undefined;
  /** Whether a string of the data is cut. */
  readonly cut: boolean;
  /** Where the data stands in `bytes` when it is one line; -1 otherwise. */
  readonly dataStart: number;
  readonly dataEnd: number;
}

/**
 * Cuts a stream of server-sent events from bytes that come in pieces cut anywhere. Push a piece, then pull events until there is none.
 * Lines may end in LF, CR or CRLF; a CR at the end of a piece waits for the next byte, which may be its LF. Throws `upstream_invalid` when one event
 * passes {@link sseEventBytesMax}, in however many pieces it comes, has thousands of lines, more than {@link eventValuesMax} values, or more than a
 * megabyte outside its strings.
 */
export class SseDecoder {
  readonly #queue = new ByteQueue(sseEventBytesMax, "an event of the stream");
  /** Where the search for the event's end goes on: the start of a line not yet seen whole, relative to the queue. */
  #line = 0;
  /** Up to where that line is known to have no end. */
  #searched = 0;
  /** Lines of the current event that were seen whole. */
  #lines = 0;
  /** The values of the current event, counted up to `#counted`, once it is long. */
  #values = new JsonValues();
  #counted = 0;
  #ended = false;
  #first = true;

  /** Adds a piece. With `end`, what is left counts as an event even without its blank line. */
  push(piece: Buffer, end: boolean): void {
    this.#queue.push(piece);
    this.#ended = end;
  }

  /** The next whole event. */
  next(): SseEvent | undefined {
    const bytes = this.#queue.bytes;
    for (;;) {
      const lineEnd = this.#endOfLine(bytes);
      if (lineEnd < 0) return this.#ended ? this.#take(bytes.length) : this.#wait();
      if (isLineBreak(bytes[this.#line])) return this.#take(endOfBlankLines(bytes, lineEnd));
      this.#line = lineEnd;
      this.#searched = lineEnd;
      this.#lines += 1;
      if (this.#lines > linesMax)
        throw new GatewayError("upstream_invalid", `an event of the stream has more than ${linesMax} lines`);
    }
  }

  /** Offset after the line that begins at `#line`, its break included; -1 when its end has not come. */
  #endOfLine(bytes: Buffer): number {
    let at = this.#searched;
    while (at < bytes.length && !isLineBreak(bytes[at])) at += 1;
    this.#searched = at;
    if (at === bytes.length) return -1;
    if (bytes[at] === lineFeed) return at + 1;
    if (at + 1 === bytes.length) return this.#ended ? at + 1 : -1;
    return bytes[at + 1] === lineFeed ? at + 2 : at + 1;
  }

  #wait(): undefined {
    this.#queue.awaitRest();
    this.#count(this.#queue.bytes.length);
    return undefined;
  }

  /** Counts the values of the current event up to `end`: as it comes, so that none is counted at once. */
  #count(end: number): void {
    if (end < countedBytesMin) return;
    this.#values.add(this.#queue.bytes, this.#counted, end);
    this.#counted = end;
    if (this.#values.count > eventValuesMax)
      throw new GatewayError(
        "upstream_invalid",
        `an event of the stream has more than ${eventValuesMax} values`,
      );
  }

  #take(length: number): SseEvent | undefined {
    if (length === 0) return undefined;
    this.#count(length);
    const { cuts } = this.#values;
    if (this.#counted > 0) this.#values = new JsonValues();
    this.#counted = 0;
    this.#line = 0;
    this.#searched = 0;
    this.#lines = 0;
    const bytes = this.#queue.take(length);
    const marked = this.#first && bytes.subarray(0, byteOrderMark.length).equals(byteOrderMark);
    const start = marked ? byteOrderMark.length : 0;
    this.#first = false;
    return readEvent(bytes, start, cuts);
  }
}

/**
 * Blank lines that follow the one which ends an event are taken with it: one by one, a flood of them would be as many events. A CR that comes
 * last stays: it may be half of a CRLF.
 */
function endOfBlankLines(bytes: Buffer, start: number): number {
  let at = start;
  while (at < sseEventBytesMax && isLineBreak(bytes[at])) at += 1;
  return at > start && at === bytes.length && bytes[at - 1] === carriageReturn ? at - 1 : at;
}

function readEvent(bytes: Buffer, from: number, cuts: readonly Cut[]): SseEvent {
  let name = "";
  let data: string | undefined;
  let dataStart = -1;
  let dataEnd = -1;
  let readBytes = 0;
  const breaks = new LineBreaks(bytes);
  for (let at = from; at < bytes.length; ) {
    const start = at;
    // The LF of a CRLF is read as an empty line, which inside one event means nothing.
    const end = breaks.next(start);
    at = end + 1;
    const valueStart = fieldValue(bytes, start, end);
    if (valueStart < 0) continue;
    if (bytes[start] === letterE)
      name = bytes.toString("utf8", valueStart, Math.min(end, valueStart + nameBytesMax));
    else {
      const read = withoutCuts(bytes, valueStart, end, cuts);
      readBytes += read.length;
      if (readBytes > readBytesMax)
        throw new GatewayError("upstream_invalid", "an event of the stream has too much outside its strings");
      const value = decodeUtf8(read);
      dataStart = data === undefined ? valueStart : -1;
      dataEnd = data === undefined ? end : -1;
      data = data === undefined ? value : `${data}\n${value}`;
    }
  }
  return { bytes, name, data, cut: cuts.length > 0, dataStart, dataEnd };
}

/** The event with other data, of as many lines; every other byte stays. */
export function withData(event: SseEvent, data: Buffer): SseEvent {
  const { bytes, dataStart, dataEnd } = event;
  const written = decodeUtf8(data);
  if (dataStart >= 0) {
    const whole = Buffer.concat([bytes.subarray(0, dataStart), data, bytes.subarray(dataEnd)]);
    return { ...event, bytes: whole, data: written, dataEnd: dataStart + data.length };
  }
  const lines = written.split("\n");
  const pieces: Buffer[] = [];
  let at = 0;
  for (const { start, end } of dataLines(bytes)) {
    pieces.push(bytes.subarray(at, start), Buffer.from(lines.shift() ?? ""));
    at = end;
  }
  return { ...event, bytes: Buffer.concat([...pieces, bytes.subarray(at)]), data: written };
}

/** Where the values of an event's `data` lines stand. */
function* dataLines(bytes: Buffer): Iterable<{ readonly start: number; readonly end: number }> {
  const breaks = new LineBreaks(bytes);
  let at = bytes.subarray(0, byteOrderMark.length).equals(byteOrderMark) ? byteOrderMark.length : 0;
  while (at < bytes.length) {
    const end = breaks.next(at);
    const start = bytes[at] === letterE ? -1 : fieldValue(bytes, at, end);
    if (start >= 0) yield { start, end };
    at = end + 1;
  }
}

/** Finds line breaks by the runtime's own search, which passes a line of megabytes in a fraction of a millisecond. */
class LineBreaks {
  readonly #bytes: Buffer;
  #lineFeed = -1;
  #carriageReturn = -1;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  /** Where the line that begins at `from` ends; `from` never goes back. */
  next(from: number): number {
    if (this.#lineFeed < from) this.#lineFeed = this.#find(lineFeed, from);
    if (this.#carriageReturn < from) this.#carriageReturn = this.#find(carriageReturn, from);
    return Math.min(this.#lineFeed, this.#carriageReturn);
  }

  #find(byte: number, from: number): number {
    const at = this.#bytes.indexOf(byte, from);
    return at < 0 ? this.#bytes.length : at;
  }
}

/** Where the value of an `event` or `data` line begins; -1 for every other line. */
function fieldValue(bytes: Buffer, start: number, end: number): number {
  const field = bytes[start] === letterE ? "event" : "data";
  for (let i = 0; i < field.length; i += 1) if (bytes[start + i] !== field.charCodeAt(i)) return -1;
  const at = start + field.length;
  if (at === end) return end;
  if (at > end || bytes[at] !== colon) return -1;
  return bytes[at + 1] === space && at + 1 < end ? at + 2 : at + 1;
}

function isLineBreak(byte: number | undefined): boolean {
  return byte === lineFeed || byte === carriageReturn;
}

const lineFeed = 0x0a;
const carriageReturn = 0x0d;
const colon = 0x3a;
const space = 0x20;
const letterE = 0x65;
const byteOrderMark = Buffer.from([0xef, 0xbb, 0xbf]);
