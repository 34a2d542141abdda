import type { GatewayError } from "../core/errors.ts";
import type { ResponseTransform } from "./dialect.ts";
import { type JsonObject, parseObject } from "./json-view.ts";
import type { ResponseState } from "./response-state.ts";
import { errorOfStatus } from "./upstream-error.ts";

/** Largest error body held until it is known to be in the client's format, in bytes; a larger one passes as it is. */
const errorBodyBytesMax = 1024 * 1024;

/** How a dialect's errors are told and made. */
export interface ErrorShape {
  isError(body: JsonObject): boolean;
  encode(error: GatewayError): Buffer;
}

/** An upstream's answer of status 400 or above: a body in the dialect's own shape passes untouched, any other is replaced by one that is. */
export class ErrorResponse implements ResponseTransform {
  readonly seen: ResponseState;
  readonly #status: number;
  readonly #shape: ErrorShape;
  #held: Buffer[] = [];
  #length = 0;

  constructor(seen: ResponseState, status: number, shape: ErrorShape) {
    this.seen = seen;
    this.#status = status;
    this.#shape = shape;
  }

  push(chunk: Buffer, end: boolean): Buffer {
    this.#length += chunk.length;
    this.#held.push(chunk);
    const large = this.#length > errorBodyBytesMax;
    if (!end && !large) return nothing;
    const [only] = this.#held;
    const held = only !== undefined && this.#held.length === 1 ? only : Buffer.concat(this.#held);
    this.#held = [];
    this.seen.complete = end;
    return large || this.#isShaped(held) ? held : this.#shape.encode(errorOfStatus(this.#status));
  }

  breakOff(error: GatewayError): Buffer {
    return this.#length > errorBodyBytesMax ? nothing : this.#shape.encode(error);
  }

  #isShaped(bytes: Buffer): boolean {
    const body = parseObject(bytes.toString());
    return body !== undefined && this.#shape.isError(body);
  }
}

const nothing = Buffer.alloc(0);
