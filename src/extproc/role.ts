import type { GatewayError } from "../core/errors.ts";
import type { MaybePromise } from "../core/maybe-promise.ts";
import type { ProcessingRequest } from "./codec/processing-request.ts";

/** On which a role may speak without having been asked, which ends its stream. */
export interface RoleLine {
  /** Sends this reply as the last. */
  finish(reply: Uint8Array): void;
  /** Fails the stream, so that Envoy breaks off both of its sides. */
  breakOff(): void;
}

/** What one ext_proc stream is for: answers each message, in order, and is told once when no more will come. */
export interface Role {
  on(message: ProcessingRequest): MaybePromise<Uint8Array>;
  /** After the reply just made the stream has to fail, so that Envoy breaks off both of its sides. */
  readonly cut: boolean;
  /** After the replies owed so far nothing more is to be looked at: the stream is ended, and Envoy goes on alone. */
  readonly done: boolean;
  /** Is given its line before anything else. */
  attach?(line: RoleLine): void;
  /** Is shown what comes while a reply is still being made; it is answered in its turn by `on` all the same. */
  ahead?(message: ProcessingRequest): void;
  /** The reply that fails this stream closed. */
  fail(error: GatewayError): Uint8Array;
  closed(): void;
}
