import { GatewayError } from "../core/errors.ts";
import type { ResponseTransform } from "./dialect.ts";
import { type JsonObject, parseObject } from "./json-view.ts";
import type { ResponseState } from "./response-state.ts";
import { errorOfStatus } from "./upstream-error.ts";

/** Largest error body held until it is known to be in the client's format, in bytes; a larger one passes as it is. */
const errorBodyBytesMax = 1024 * 1024;

/** How a dialect's errors are told and made. */
export interface ErrorShape {
  isError(body: JsonObject): boolean;
  /** Whether it says, with a status of another meaning, that the gateway's own account is at fault; absent: statuses tell. */
  blamesAccount?(body: JsonObject): boolean;
  encode(error: GatewayError): Buffer;
}

/**
 * An upstream's answer of status 400 or above: a body in the dialect's own shape passes untouched, any other is replaced by one that is.
 * So is what the provider says of the gateway's account with it, which is not the client's business.
 */
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
    return large ? held : this.#shaped(held);
  }

  breakOff(error: GatewayError): Buffer {
    return this.#length > errorBodyBytesMax ? nothing : this.#shape.encode(error);
  }

  #shaped(bytes: Buffer): Buffer {
    const body = parseObject(bytes.toString());
    if (body === undefined || !this.#shape.isError(body))
      return this.#shape.encode(errorOfStatus(this.#status));
    if (this.#shape.blamesAccount?.(body) !== true) return bytes;
    this.seen.error = new GatewayError("upstream_auth", "the provider refused the gateway's credentials");
    return this.#shape.encode(this.seen.error);
  }
}

const nothing = Buffer.alloc(0);
