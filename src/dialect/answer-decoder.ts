import type { JsonObject } from "./json-view.ts";
import type { ModelEvent } from "./model-event.ts";
import type { ResponseState } from "./response-state.ts";

/** Takes a decoder's events, in order. */
export type Emit = (event: ModelEvent) => void;

/** Reads an upstream's answer as model events, and notes in the answer's `seen` what is recorded of it. */
export interface AnswerDecoder {
  /** One event of a stream. Throws `upstream_invalid` for what is no event of the format. */
  event(data: JsonObject): void;
  /** `[DONE]`, which ends the streams of one format. */
  done(): void;
  /** A stream's bytes ended, whole or not. */
  close(): void;
  /** A whole answer; its `end` is emitted by who called. */
  whole(answer: JsonObject): void;
}

/** Makes the decoder of one answer. */
export type MakeDecoder = (seen: ResponseState, emit: Emit) => AnswerDecoder;
