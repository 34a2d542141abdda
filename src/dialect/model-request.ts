import type { Asked } from "./asked.ts";
import type { Feature } from "./feature.ts";

/** Bytes or text a request carries besides its words, or where they are. */
export type Source =
  | { readonly kind: "base64"; readonly mediaType: string; readonly data: string }
  | { readonly kind: "url"; readonly url: string }
  | { readonly kind: "text"; readonly text: string };

/** A mark that what stands up to here may be cached, for so long; `"5m"` where the format has no other. */
export type CacheMark = "5m" | "1h";

/** Words. */
export interface TextPart {
  readonly type: "text";
  readonly text: string;
  readonly cache?: CacheMark | undefined;
}

/** A picture. */
export interface ImagePart {
  readonly type: "image";
  readonly source: Source;
  /** OpenAI's `low` or `high`. */
  readonly detail?: string | undefined;
  readonly cache?: CacheMark | undefined;
}

/** A document, e.g. a PDF. */
export interface DocumentPart {
  readonly type: "document";
  readonly source: Source;
  readonly name?: string | undefined;
  readonly cache?: CacheMark | undefined;
}

/** A model's reasoning, with the vendor's proof of it, which goes back unchanged. */
export interface ReasoningPart {
  readonly type: "reasoning";
  readonly text: string;
  readonly signature?: string | undefined;
}

/** A model's reasoning, encrypted by its vendor. */
export interface RedactedPart {
  readonly type: "redacted";
  readonly data: string;
}

/** A tool that a model called. */
export interface ToolCallPart {
  readonly type: "tool_call";
  readonly id: string;
  readonly name: string;
  /** JSON as the model wrote it; empty for none. */
  readonly arguments: string;
  /** Gemini's proof of the thought behind the call. */
  readonly signature?: string | undefined;
  readonly cache?: CacheMark | undefined;
}

/** The result of a tool. */
export interface ToolResultPart {
  readonly type: "tool_result";
  readonly id: string;
  readonly content: readonly (TextPart | ImagePart | DocumentPart)[];
  readonly isError: boolean;
  readonly cache?: CacheMark | undefined;
}

/** A part of a model's answer. */
export type AnswerPart = TextPart | ImagePart | ReasoningPart | RedactedPart | ToolCallPart;

/** A part of a turn. */
export type Part = AnswerPart | DocumentPart | ToolResultPart;

/** One turn of a conversation, as the client wrote it: neighbours may have the same role. `system` is a system message behind the first turn. */
export interface Turn {
  readonly role: "user" | "assistant" | "system";
  readonly parts: readonly Part[];
  /** Where it stands in the client's request, e.g. `messages[2]`. */
  readonly field: string;
}

/** A function the model may call. */
export interface Tool {
  readonly name: string;
  readonly description: string | undefined;
  /** JSON Schema of the arguments. Undefined if it takes none. */
  readonly parameters: object | undefined;
  readonly strict: boolean | undefined;
  readonly cache?: CacheMark | undefined;
  /** Where it stands in the client's request, e.g. `tools[0]`. */
  readonly field: string;
}

/** The choice between calling tools and answering. */
export type ToolChoice =
  | { readonly kind: "auto" | "required" | "none" }
  | { readonly kind: "tool"; readonly name: string };

/** The required format of the answer's text. */
export type OutputFormat =
  | { readonly kind: "json" }
  | {
      readonly kind: "schema";
      readonly schema: object;
      readonly name: string | undefined;
      readonly description: string | undefined;
      readonly strict: boolean | undefined;
    };

/** The amount of reasoning asked of the model. Unset for its vendor's default. */
export type Reasoning =
  | { readonly kind: "off" }
  | { readonly kind: "effort"; readonly effort: ReasoningEffort }
  | { readonly kind: "budget"; readonly tokens: number }
  /** As much as the model sees fit. */
  | { readonly kind: "adaptive"; readonly effort: ReasoningEffort | undefined };

/** From least to most, as OpenAI and Anthropic name them. */
export type ReasoningEffort = "minimal" | "low" | "medium" | "high" | "xhigh" | "max";

/**
 * A conversation for a model, without a wire format: the features that at least three formats have. Model, stream and output cap are not in it: they are
 * decided elsewhere (`RequestFacts`, `RequestEdits`). Made by a client dialect's `decodeRequest`, written by an upstream dialect's `encodeRequest`.
 */
export interface ModelRequest extends Asked<Feature> {
  /** The text before the first turn. */
  readonly system: readonly TextPart[];
  readonly turns: readonly Turn[];
  readonly tools: readonly Tool[];
  readonly toolChoice: ToolChoice | undefined;
  readonly parallelToolCalls: boolean | undefined;
  readonly temperature: number | undefined;
  readonly topP: number | undefined;
  readonly topK: number | undefined;
  readonly seed: number | undefined;
  readonly presencePenalty: number | undefined;
  readonly frequencyPenalty: number | undefined;
  readonly stop: readonly string[];
  readonly format: OutputFormat | undefined;
  readonly reasoning: Reasoning | undefined;
}
