import type { ByteRuns } from "../core/byte-runs.ts";
import type { GatewayError } from "../core/errors.ts";
import type { Asked } from "./asked.ts";
import type { Supports } from "./feature.ts";
import type { JsonObject } from "./json-view.ts";
import type { ModelEvent } from "./model-event.ts";
import type { Operation } from "./operation.ts";
import type { RequestFacts } from "./request-facts.ts";
import type { ResponseContext, ResponseTransform } from "./response-transform.ts";

/** The kinds of work that formats share. Each has its own request and answer, and only formats of one kind are translated into each other. */
export type Hub = "chat" | "embeddings";

/** Facts that an answer's writer needs besides the events. */
export interface AnswerContext {
  /** The exchange's id; answers get ids of the format made from it. */
  readonly id: string;
  /** The model that answers, where the provider does not say. */
  readonly model: string;
  readonly createdSec: number;
  /** The request's input tokens as they were counted here, for formats that tell them before the provider has. */
  readonly inputTokens: number;
  readonly facts: RequestFacts;
}

/** Writes an answer in one format, event by event. */
export interface EventEncoder {
  /** True if the format has a place for pictures in an answer; absent: it has none, and gets no such event. */
  readonly showsImages?: boolean;
  /** Adds to `out` what the client gets for an event. */
  encode(event: ModelEvent, out: ByteRuns): void;
  /** The last bytes for a client whose answer breaks off here; empty where only a cut is honest. */
  breakOff(error: GatewayError): Buffer;
}

/** A format in which clients may ask while providers of others answer; `Request` and `Writer` are the hub's. */
export interface ClientCodec<Request extends Asked = Asked, Writer = unknown> {
  readonly hub: Hub;
  /** The operations that can be served by another format; its others go only to providers of this one. */
  readonly operations: readonly string[];
  /** The request without its wire format. Throws `invalid_request`, or `unsupported` for what no other format can say; both name the field. */
  decodeRequest(body: JsonObject, facts: RequestFacts): Request;
  /** Headers that are the format's own on every answer, its content type among them. */
  answerHeaders(context: AnswerContext): readonly (readonly [name: string, value: string])[];
  /** The writer of one answer, streamed if the request asks for it. */
  encodeAnswer(context: AnswerContext): Writer;
}

/** A request written for one target. */
export interface EncodedRequest {
  readonly body: Buffer;
  /** Request headers that the format wants. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** Fields that were reworded or left out, each in the words the client is told. */
  readonly changes: readonly string[];
}

/** Where a request is to go, and with which cap. */
export interface EncodeTarget {
  readonly model: string;
  readonly stream: boolean;
  readonly choices: number;
  readonly outputCap: number;
  /** The field that carries the cap. */
  readonly outputCapField: string;
}

/** A format in which providers answer requests of others; `Request` and `Writer` are the hub's. */
export interface UpstreamCodec<Request extends Asked = Asked, Writer = unknown> {
  readonly hub: Hub;
  /** The format's support of every feature of the hub. */
  readonly supports: Supports<string>;
  /** Throws `unsupported` or `invalid_request`, naming the client's field, for the first thing that the format, or this model of it, has no way to say. */
  check(request: Request, model: string): void;
  /** The operation that answers. */
  operation(model: string, stream: boolean): Operation;
  /** Writes what `check` lets pass; throws what that does. */
  encodeRequest(request: Request, target: EncodeTarget): EncodedRequest;
  /** Reads an answer of status 200 for a client's writer; `callId` begins the ids of tool calls that come without one. */
  decodeAnswer(context: ResponseContext, writer: Writer, callId: string): ResponseTransform;
}
