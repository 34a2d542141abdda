import type { GatewayError } from "../core/errors.ts";
import type { ResponseTransform } from "./dialect.ts";
import type { ResponseState } from "./response-state.ts";

/** Largest error body read, in bytes; of a larger one only the status counts. */
const errorBodyBytesMax = 1024 * 1024;

/** An upstream's answer of status 400 or above on its way to a client of another format: read when it is whole, and said anew. */
export class TranslatedError implements ResponseTransform {
  readonly seen: ResponseState;
  readonly #translate: (body: Buffer) => Buffer;
  #held: Buffer[] = [];
  #length = 0;

  /** `translate` takes the upstream's body and returns the client's. */
  constructor(seen: ResponseState, translate: (body: Buffer) => Buffer) {
    this.seen = seen;
    this.#translate = translate;
  }

  push(chunk: Buffer, end: boolean): Buffer {
    this.#length += chunk.length;
    if (this.#length <= errorBodyBytesMax) this.#held.push(chunk);
    else this.#held = [];
    if (!end) return nothing;
    this.seen.complete = true;
    return this.#translate(Buffer.concat(this.#held));
  }

  /** The body of the error is lost; the status still shows the error. */
  breakOff(_error: GatewayError): Buffer {
    return this.#translate(nothing);
  }
}

const nothing = Buffer.alloc(0);
