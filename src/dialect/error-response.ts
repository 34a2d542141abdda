import { GatewayError } from "../core/errors.ts";
import type { ResponseTransform } from "./dialect.ts";
import { type JsonObject, parseObject } from "./json-view.ts";
import { refusalMessage } from "./refusal-message.ts";
import type { ResponseState } from "./response-state.ts";
import { errorOfStatus } from "./upstream-error.ts";

/** Largest error body read, in bytes; of a larger one only the status counts. */
const errorBodyBytesMax = 1024 * 1024;

/** The way a dialect reads and writes errors. */
export interface ErrorShape {
  isError(body: JsonObject): boolean;
  /** True if the body blames the gateway's own account under a status of another meaning. Absent where statuses suffice. */
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
    if (this.#length <= errorBodyBytesMax) this.#held.push(chunk);
    else this.#held = [];
    if (!end) return nothing;
    const [only] = this.#held;
    const held = only !== undefined && this.#held.length === 1 ? only : Buffer.concat(this.#held);
    this.#held = [];
    this.seen.complete = true;
    return this.#shaped(held);
  }

  breakOff(error: GatewayError): Buffer {
    return this.#shape.encode(error);
  }

  #shaped(bytes: Buffer): Buffer {
    const body = parseObject(bytes.toString());
    if (body === undefined || !this.#shape.isError(body)) return this.#shape.encode(this.#reworded(bytes));
    if (this.#shape.blamesAccount?.(body) !== true) return bytes;
    this.seen.error = new GatewayError("upstream_auth", "the provider refused the gateway's credentials");
    return this.#shape.encode(this.seen.error);
  }

  /** The error that the status means, with the provider's message. */
  #reworded(bytes: Buffer): GatewayError {
    const plain = errorOfStatus(this.#status);
    return new GatewayError(plain.code, refusalMessage(bytes) ?? plain.message);
  }
}

const nothing = Buffer.alloc(0);
