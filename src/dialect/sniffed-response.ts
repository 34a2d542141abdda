import type { GatewayError } from "../core/errors.ts";
import type { ResponseContext, ResponseTransform } from "./dialect.ts";
import type { ResponseState } from "./response-state.ts";
import { isEventStream } from "./streamed.ts";

/** How far into an answer its framing is looked for, in bytes: byte order mark and blanks before the first line. */
const sniffBytesMax = 256;
/** The start of a line of server-sent events (HTML standard §9.2.6). */
const eventLine = /^(?:data|event|id|retry)?:/;
/** What may still become one. */
const eventLineBegun = /^(?:d|da|dat|data|e|ev|eve|even|event|i|id|r|re|ret|retr|retry)?$/;

/** The two ways to read one answer; both note what they see in the same state. */
export interface Framings {
  stream(): ResponseTransform;
  whole(): ResponseTransform;
}

/**
 * The reader of an answer that is server-sent events or one JSON value. Its content type decides where it says event stream. Where a stream was asked
 * for and it says anything else, as some servers do (`text/plain`, `application/json`), the first bytes decide.
 */
export function readByFraming(
  context: ResponseContext,
  seen: ResponseState,
  framings: Framings,
): ResponseTransform {
  if (isEventStream(context)) return framings.stream();
  return context.facts.stream ? new SniffedResponse(seen, framings) : framings.whole();
}

/** Holds the first bytes of an answer until they tell how it is framed. */
class SniffedResponse implements ResponseTransform {
  readonly seen: ResponseState;
  readonly #framings: Framings;
  #inner: ResponseTransform | undefined;
  #held: Buffer = nothing;

  constructor(seen: ResponseState, framings: Framings) {
    this.seen = seen;
    this.#framings = framings;
  }

  push(chunk: Buffer, end: boolean): Buffer {
    if (this.#inner !== undefined) return this.#inner.push(chunk, end);
    const bytes = this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk]);
    const isStream = isServerSentEvents(bytes, end);
    if (isStream === undefined) {
      this.#held = bytes;
      return nothing;
    }
    this.#held = nothing;
    this.#inner = isStream ? this.#framings.stream() : this.#framings.whole();
    return this.#inner.push(bytes, end);
  }

  breakOff(error: GatewayError): Buffer {
    return (this.#inner ?? this.#framings.stream()).breakOff(error);
  }
}

/** True for server-sent events, false for anything else; undefined while too little has come to tell. */
export function isServerSentEvents(bytes: Buffer, end: boolean): boolean | undefined {
  const start = bytes.toString("latin1", 0, sniffBytesMax).replace(/^(?:\xef\xbb\xbf)?\s*/, "");
  const [line = ""] = start.split(/[\r\n]/, 1);
  if (eventLine.test(line)) return true;
  const undecided = eventLineBegun.test(start) || /^\xef\xbb?$/.test(start);
  return undecided && !end && bytes.length < sniffBytesMax ? undefined : false;
}

const nothing = Buffer.alloc(0);
