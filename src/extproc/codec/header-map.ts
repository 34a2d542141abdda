import type { Headers } from "../../core/headers.ts";
import { malformed, matchesAt, type ProtobufReader } from "../../core/protobuf-reader.ts";

/**
 * The headers of one message, left in the bytes they came in: where each name and value lies is known, and a string is made
 * only of what is asked for. Values are byte strings: one character a byte, as HTTP defines them, whatever they encode.
 */
export class HeaderMap implements Headers {
  readonly #bytes: Buffer;
  /** Four offsets a header: start and end of its name, start and end of its value. */
  readonly #offsets: readonly number[];

  constructor(bytes: Buffer, offsets: readonly number[]) {
    this.#bytes = bytes;
    this.#offsets = offsets;
  }

  get(name: string): string | undefined {
    const offsets = this.#offsets;
    let value: string | undefined;
    for (let i = 0; i < offsets.length; i += 4) {
      const start = offsets[i] as number;
      if ((offsets[i + 1] as number) - start !== name.length) continue;
      if (!matchesAt(this.#bytes, start, name)) continue;
      const next = this.#text(offsets[i + 2] as number, offsets[i + 3] as number);
      value = value === undefined ? next : `${value}, ${next}`;
    }
    return value;
  }

  names(): Iterable<string> {
    const names = new Set<string>();
    const offsets = this.#offsets;
    for (let i = 0; i < offsets.length; i += 4)
      names.add(this.#text(offsets[i] as number, offsets[i + 1] as number));
    return names;
  }

  #text(start: number, end: number): string {
    return this.#bytes.toString("latin1", start, end);
  }
}

/** Reads the `envoy.config.core.v3.HeaderMap` that follows, adding the place of each header to `offsets`. */
export function readHeaderMap(reader: ProtobufReader, offsets: number[]): void {
  const outer = reader.enter();
  while (reader.more()) {
    const tag = reader.tag();
    if (tag === headersTag) readHeader(reader, offsets);
    else reader.skip(tag);
  }
  reader.leave(outer);
}

/** `HeaderValue`: Envoy fills `raw_value`; `value` counts where that is missing. */
function readHeader(reader: ProtobufReader, offsets: number[]): void {
  if (offsets.length >= 4 * headersMax) throw malformed("too many headers");
  const outer = reader.enter();
  let nameStart = 0;
  let nameEnd = 0;
  let valueStart = 0;
  let valueEnd = 0;
  let raw = false;
  while (reader.more()) {
    const tag = reader.tag();
    if (tag !== keyTag && tag !== rawValueTag && (tag !== valueTag || raw)) {
      reader.skip(tag);
      continue;
    }
    const end = reader.enter();
    if (tag === keyTag) {
      nameStart = reader.position;
      nameEnd = reader.limit;
    } else {
      raw = tag === rawValueTag;
      valueStart = reader.position;
      valueEnd = reader.limit;
    }
    reader.leave(end);
  }
  reader.leave(outer);
  offsets.push(nameStart, nameEnd, valueStart, valueEnd);
}

/** Headers in one message, at most: Envoy's own upper bound for `max_headers_count` is this high. */
const headersMax = 32_768;

// envoy.config.core.v3.HeaderMap.headers, and HeaderValue.key, .value, .raw_value
const headersTag = 0x0a;
const keyTag = 0x0a;
const valueTag = 0x12;
const rawValueTag = 0x1a;
