import type { GatewayError } from "../core/errors.ts";
import type { ClientCodec, UpstreamCodec } from "./codec.ts";
import type { LimitStandings } from "./limit-headers.ts";
import type { OutputFormat } from "./model-request.ts";
import type { Operation } from "./operation.ts";
import type { RequestFacts } from "./request-facts.ts";
import type { ResponseContext, ResponseTransform } from "./response-transform.ts";

export type { Operation } from "./operation.ts";
export type { RequestFacts } from "./request-facts.ts";
export type { OutputKind, ResponseContext, ResponseSeen, ResponseTransform } from "./response-transform.ts";

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

/** The kind of result that requests of a format ask for: text, vectors, or an order of documents. */
export type Work = "text" | "embeddings" | "rerank";

/** A finished answer made here. */
export interface LocalReply {
  readonly status: number;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: Buffer;
}

/** The changes to a request on its way to one target; everything else passes byte for byte. */
export interface RequestEdits {
  readonly model: string;
  /** The output cap to write; undefined leaves the client's own. */
  readonly outputCap: number | undefined;
  /** The field that carries it upstream (`max_tokens`, `max_completion_tokens`). */
  readonly outputCapField: string;
}

/** One wire format. */
export interface Dialect {
  readonly name: DialectName;
  readonly work: Work;
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
