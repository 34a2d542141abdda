import { kind } from "./header-kind.ts";
import type { HeaderSink } from "./hpack-decoder.ts";
import { entryBytes, type HeaderField } from "./hpack-table.ts";

/** A client's request: the fields of one HEADERS, checked as far as HTTP/2 requires (RFC 9113 §8.2, §8.3). */
export class RequestHeaders implements HeaderSink {
  method = "";
  path = "";
  contentType = "";
  /** As sent; undefined when absent. */
  contentLength: string | undefined;
  /** As sent; undefined when absent. */
  grpcTimeout: string | undefined;
  /** The list is longer than allowed; fields beyond are not kept. */
  tooLarge = false;
  #malformed = false;
  #scheme = "";
  #pseudoSeen = 0;
  #bytesLeft: number;
  readonly #fields: HeaderField[] = [];

  constructor(maxListBytes: number) {
    this.#bytesLeft = maxListBytes;
  }

  get wantsMore(): boolean {
    return !this.tooLarge;
  }

  add(field: HeaderField): void {
    this.#bytesLeft -= entryBytes(field);
    if (this.#bytesLeft < 0) this.tooLarge = true;
    else if (field.kind === kind.malformed) this.#malformed = true;
    else if (field.kind >= kind.method && field.kind <= kind.authority) this.#addPseudo(field);
    else {
      if (field.kind !== kind.regular) this.#note(field);
      this.#fields.push(field);
    }
  }

  /** True if these headers may open a stream. */
  isValidRequest(): boolean {
    return !this.#malformed && this.method !== "" && this.path !== "" && this.#scheme !== "";
  }

  /** True if these headers may close a stream. */
  isValidTrailer(): boolean {
    return !this.#malformed && this.#pseudoSeen === 0;
  }

  /** The first value of an ordinary field, by its lower-case name. */
  get(name: string): string | undefined {
    for (const field of this.#fields) if (field.name === name) return field.value;
    return undefined;
  }

  /** Each at most once, and before every ordinary field. */
  #addPseudo(field: HeaderField): void {
    const bit = 1 << field.kind;
    if (this.#fields.length > 0 || (this.#pseudoSeen & bit) !== 0) this.#malformed = true;
    this.#pseudoSeen |= bit;
    if (field.kind === kind.method) this.method = field.value;
    else if (field.kind === kind.scheme) this.#scheme = field.value;
    else if (field.kind === kind.path) this.path = field.value;
  }

  #note(field: HeaderField): void {
    if (field.kind === kind.contentType) this.contentType = field.value;
    else if (field.kind === kind.contentLength) this.contentLength = field.value;
    else if (field.kind === kind.grpcTimeout) this.grpcTimeout = field.value;
  }
}

const unitMs: Readonly<Record<string, number>> = {
  H: 3_600_000,
  M: 60_000,
  S: 1_000,
  m: 1,
  u: 1e-3,
  n: 1e-6,
};

/** The longest delay a timer can have. */
const timerMsMax = 0x7fff_ffff;

/** `grpc-timeout` in milliseconds, e.g. `50m` → 50; undefined when it is not of the form the gRPC protocol wants. */
export function parseGrpcTimeout(text: string): number | undefined {
  const match = /^(\d{1,8})([HMSmun])$/.exec(text);
  if (match === null) return undefined;
  return Math.min(timerMsMax, Math.ceil(Number(match[1]) * (unitMs[match[2] ?? ""] ?? 0)));
}

/** `content-length` as a number; -1 when absent, undefined when it is no number. */
export function parseContentLength(text: string | undefined): number | undefined {
  if (text === undefined) return -1;
  return /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}
