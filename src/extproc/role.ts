import type { GatewayError } from "../core/errors.ts";
import type { MaybePromise } from "../core/maybe-promise.ts";
import type { EdgeMessage } from "../edge/edge.ts";
import type { ProcessingRequest } from "./codec/processing-request.ts";

/** Lets a role end its stream without having been asked. */
export interface RoleLine {
  /** Sends a reply that was put off, ahead of the one being made. */
  send(reply: EdgeMessage): void;
  /** Sends this reply as the last, before any that is still being made. */
  finish(reply: EdgeMessage): void;
}

/** The purpose of one ext_proc stream: answers each message, in order, and is told once when no more will come. */
export interface Role {
  /** Undefined: no reply is due yet, which only an answer's headers and pieces of its body can wait for. */
  on(message: ProcessingRequest): MaybePromise<EdgeMessage | undefined>;
  /** Is given its line before anything else. */
  attach?(line: RoleLine): void;
  /** The reply just made is the last: it ends the answer, whatever is still to come from upstream. */
  readonly last: boolean;
  /** After the replies owed so far nothing more is to be looked at: the stream is ended, and Envoy goes on alone. */
  readonly done: boolean;
  /** Its stream may begin with a response: one to a request that no filter has seen. */
  readonly mayBeginWithResponse?: boolean;
  /** Is shown what comes while a reply is still being made; it is answered in its turn by `on` all the same. */
  ahead?(message: ProcessingRequest): void;
  /** The reply that fails this stream closed. */
  fail(error: GatewayError): EdgeMessage;
  closed(): void;
}
