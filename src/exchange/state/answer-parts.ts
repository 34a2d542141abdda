import type { GatewayError } from "../../core/errors.ts";
import type { MaybePromise } from "../../core/maybe-promise.ts";
import type { OutputKind, ResponseContext, ResponseSeen } from "../../dialect/dialect.ts";

/** Is told of an answer's output as it passes. */
export type OnText = ResponseContext["onText"];

/** A `ResponseTransform` whose end may be asynchronous: another thread reads large whole answers. */
export interface AnswerReader {
  push(chunk: Buffer, end: boolean): MaybePromise<Buffer>;
  readonly seen: ResponseSeen;
  breakOff(error: GatewayError): Buffer;
}

/** The decision after a piece of a stream: it goes on, ends here, or is withheld from now on but still read for its cost. */
export type StreamVerdict = "go-on" | "cut" | "withhold";

/** Checks a stream while the client gets it. */
export interface PassingCheck {
  /** Takes a piece of output, in order. */
  push(text: string, kind: OutputKind, choice: number): void;
  /** The decision on the stream as far as it has come. */
  look(seen: ResponseSeen): MaybePromise<StreamVerdict>;
  /** The reason why the stream may not end as if it were complete. Undefined if there is none. */
  readonly failure: GatewayError | undefined;
}

/** Keeps the hold of a streamed answer ahead of its output. */
export interface PassingHold {
  /** Notes that so much more of the answer has passed. */
  passed(chars: number): void;
  /** The reason to end the stream. Undefined while everything passed is covered, or soon will be. */
  check(): GatewayError | undefined;
}

/** Keeps secrets out of an answer. */
export interface AnswerMask {
  /** What may go on of the next piece. */
  push(piece: Buffer, last: boolean): MaybePromise<Buffer>;
  /** What waits, when nothing more will come. */
  rest(): Buffer;
}

/** Keeps the time of an answer. */
export interface AnswerTimer {
  /** The answer has begun to say something. */
  begun(): void;
  stop(): void;
}
