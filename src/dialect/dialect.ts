import type { GatewayError } from "../core/errors.ts";
import type { Headers } from "../core/headers.ts";
import type { TextSpan } from "../tokens/counters/counter.ts";
import type { RequestParts } from "../tokens/request/request-weight.ts";
import type { Usage } from "../usage/usage.ts";
import type { ClientCodec, UpstreamCodec } from "./codec.ts";
import type { LimitStandings } from "./limit-headers.ts";
import type { OutputFormat } from "./model-request.ts";

/** A wire format that clients or providers speak. */
export type DialectName =
  | "openai-chat"
  | "openai-responses"
  | "openai-completions"
  | "openai-embeddings"
  | "anthropic-messages"
  | "bedrock-converse"
  | "bedrock-invoke"
  | "bedrock-titan"
  | "bedrock-cohere"
  | "gemini-generate"
  | "gemini-embed"
  | "cohere-embed"
  | "cohere-rerank";

/** The operation of a request: a kind of work, and the facts that its path alone states. */
export interface Operation {
  /** e.g. `chat`, `embeddings`, `models`, `count_tokens`. */
  readonly name: string;
  /** The model, where the path names it (Bedrock, Gemini). */
  readonly model?: string;
  /** True if the path asks for a stream; absent where paths do not say. */
  readonly stream?: boolean;
  /** Answered here, without an upstream: the list of models, the one that the path names, or how many tokens the request has. */
  readonly local?: "models" | "token_count";
}

/** A finished answer made here. */
export interface LocalReply {
  readonly status: number;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: Buffer;
}

/** The deciding facts of a request, read from its bytes without parsing the rest; the upstream will read the same. */
export interface RequestFacts {
  readonly operation: Operation;
  /** The model as the client names it; empty when the request names none. */
  readonly model: string;
  readonly stream: boolean;
  /** Answers asked for (`n`); every one is billed. */
  readonly choices: number;
  /** Calls that a provider may bill for this one at most (Cohere's search units); absent: one. */
  readonly calls?: number;
  /** The larger of the caps the client set on output tokens. Undefined if none; 0 where nothing is generated. */
  readonly outputCap: number | undefined;
  /** The string contents to be counted as input, in order. */
  readonly text: readonly TextSpan[];
  /** Counts of everything besides `text`; their weight depends on the model (see requestWeight). */
  readonly parts: RequestParts;
  readonly messages: number;
  readonly tools: number;
  readonly images: number;
  /** `text`, `json` or `json-schema`, where the client asks for one of them. */
  readonly responseFormat: string | undefined;
  /** `contract` and `metadata` of the body: string, number and boolean leaves by dotted path, e.g. `metadata.workflow`. Bounded. */
  readonly fields: ReadonlyMap<string, string>;
  /** Members that only some servers heed, by their folded key (see `foldedKey`), as the client wrote them. Bounded by the table of them. */
  readonly extensions: ReadonlyMap<string, string>;
  /** The service tier that the client asks for by name. Undefined for the standard one, or the vendor's choice. */
  readonly serviceTier: string | undefined;
  /** True if the client itself asked for usage in its stream. */
  readonly wantsUsage: boolean;
  /** The dialect's own positions of what it may splice; opaque to others. */
  readonly marks: unknown;
}

/** The changes to a request on its way to one target; everything else passes byte for byte. */
export interface RequestEdits {
  readonly model: string;
  /** The output cap to write; undefined leaves the client's own. */
  readonly outputCap: number | undefined;
  /** The field that carries it upstream (`max_tokens`, `max_completion_tokens`). */
  readonly outputCapField: string;
}

/** Facts read from the response bytes so far. */
export interface ResponseSeen {
  readonly usage: Usage | undefined;
  /** The provider's usage object was there but incomplete. */
  readonly usagePartial: boolean;
  readonly model: string | undefined;
  /** Unified: stop, length, tool_calls, content_filter, error. */
  readonly finishReason: string | undefined;
  /** One of the answers ended at its cap. */
  readonly lengthStop: boolean;
  /** First text, reasoning or tool-call delta has passed. */
  readonly content: boolean;
  /** The format's own end was seen ([DONE], message_stop, a whole JSON answer). */
  readonly complete: boolean;
  /** An error the provider sent inside a 200, or what made its answer unreadable. */
  readonly error: GatewayError | undefined;
  /** The answer was too large to be read, so its usage is unknown. */
  readonly unread: boolean;
  /** The answer stopped making sense: nothing of it passes any more, and what has passed must not end as if it were whole. */
  readonly unreadable: boolean;
}

/** Response bytes on their way to the client. One per attempt that answers; pushed synchronously. */
export interface ResponseTransform {
  /** Takes the next bytes (cut anywhere) and returns what goes to the client: the same buffer where nothing changes. */
  push(chunk: Buffer, end: boolean): Buffer;
  readonly seen: ResponseSeen;
  /** The last bytes for a client whose answer breaks off here: an in-dialect error event, or nothing where only a cut is honest. */
  breakOff(error: GatewayError): Buffer;
}

/** The kind of a piece of billed output: the answer's own words, or content beside them. */
export type OutputKind = "answer" | "reasoning" | "refusal" | "call";

/** The facts and callbacks of a response transform. */
export interface ResponseContext {
  readonly status: number;
  readonly headers: Headers;
  readonly facts: RequestFacts;
  /** Billed output text as it passes: content, reasoning, refusals, tool names and arguments; `choice` counts the answers from 0. */
  readonly onText: (text: string, kind: OutputKind, choice: number) => void;
}

/** One wire format. */
export interface Dialect {
  readonly name: DialectName;
  /** Client headers that reach a provider of this dialect, lower case, besides accept and user-agent; all others are taken off. */
  readonly requestHeaders: readonly string[];
  /** Media types that clients of this format declare for their JSON besides `application/json`, lower case. The provider is always sent `application/json`. */
  readonly requestMediaTypes?: readonly string[];
  /** Headers of an answer that this format's clients may get besides those that HTTP needs, lower case; all others are taken off. */
  readonly responseHeaders: readonly string[];
  /** The operation a method and path (query included) ask for; undefined when they are not of this dialect. */
  match(method: string, path: string): Operation | undefined;
  /** Throws `invalid_request` for anything not understood, ambiguous, or readable in two ways. */
  inspect(body: Buffer, operation: Operation): RequestFacts;
  splice(body: Buffer, facts: RequestFacts, edits: RequestEdits): Buffer;
  /** The format that the request asks of its answer's text. Undefined for any. Formats without such a member have none. */
  readonly outputFormat?: (body: Buffer) => OutputFormat | undefined;
  /** The bytes of the answer as they pass from an upstream of the same dialect to the client. */
  passResponse(context: ResponseContext): ResponseTransform;
  /** How clients of this format are served by providers of another. Formats without one are not. */
  readonly client?: ClientCodec;
  /** How providers of this format serve clients of another. Formats without one do not. */
  readonly upstream?: UpstreamCodec;
  /** The names a client may use, as this format lists models. Formats without a list have none. */
  encodeModels?(names: readonly string[]): LocalReply;
  /** One of them, as this format shows it. */
  encodeModel?(name: string): LocalReply;
  /** The answer to a `token_count` operation. Formats without one have none. */
  encodeTokenCount?(inputTokens: number): LocalReply;
  /** How this format's clients are told of the limits they are under. Formats without such headers have none. */
  limitHeaders?(
    standings: LimitStandings,
    nowMs: number,
  ): readonly (readonly [name: string, value: string])[];
  /** A failure as this format's clients expect it; `requestId` where the format shows one. */
  encodeError(error: GatewayError, requestId: string): LocalReply;
}
