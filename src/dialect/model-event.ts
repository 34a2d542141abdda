import type { Usage } from "../usage/usage.ts";

/** The unified reason for the end of an answer. */
export type FinishReason = "stop" | "length" | "tool_calls" | "content_filter" | "error";

/** One step of one of the answers: `choice` counts them from 0, `call` the tool calls within one. Deltas come as they were cut; those of one kind that follow each other belong together. */
export type ChoiceEvent =
  | { readonly type: "text"; readonly choice: number; readonly text: string }
  | { readonly type: "reasoning"; readonly choice: number; readonly text: string }
  /** The vendor's proof of the reasoning just before it, which it ends. */
  | { readonly type: "signature"; readonly choice: number; readonly signature: string }
  /** Reasoning that the vendor enciphered, whole. */
  | { readonly type: "redacted"; readonly choice: number; readonly data: string }
  /** A picture, in base64. */
  | { readonly type: "image"; readonly choice: number; readonly mediaType: string; readonly data: string }
  | {
      readonly type: "tool_call";
      readonly choice: number;
      readonly call: number;
      readonly id: string;
      readonly name: string;
      /** Gemini's proof of the thought behind the call. */
      readonly signature?: string | undefined;
    }
  /** A raw piece of the JSON that a call's arguments are. */
  | { readonly type: "arguments"; readonly choice: number; readonly call: number; readonly fragment: string }
  | FinishEvent;

/** One of the answers is over. */
export interface FinishEvent {
  readonly type: "finish";
  readonly choice: number;
  readonly reason: FinishReason;
  /** The sequence that stopped it, where the provider tells; true where it tells only that there was one. */
  readonly stopSequence?: string | true | undefined;
}

/** One step of a model's answer, without a wire format. */
export type ModelEvent =
  /** The answer has begun. Comes first, once. */
  | { readonly type: "start"; readonly model: string | undefined }
  | ChoiceEvent
  /** Tokens so far; a later one replaces it. */
  | { readonly type: "usage"; readonly usage: Usage }
  /** The answer is whole. Comes last, and only then. */
  | { readonly type: "end" };
