import { assert } from "../../core/errors.ts";
import type { HeaderEdits } from "../../core/headers.ts";
import { ProtobufWriter } from "../../core/protobuf-writer.ts";
import type { EdgeMessage } from "../../edge/edge.ts";
import { writeHeaderMutation } from "./header-mutation.ts";
import { type ProcessingMode, writeProcessingMode } from "./processing-mode.ts";
import type { HttpBody, HttpHeaders, HttpTrailers, ProcessingRequest } from "./processing-request.ts";
import { type StructObject, writeStruct } from "./struct-value.ts";

/** The answer to request or response headers; what is left out stays as it is. */
export interface HeadersReply {
  readonly kind: HttpHeaders["kind"];
  readonly edits?: HeaderEdits;
  /** Takes the place of whatever body was or will be there, and ends this direction: CONTINUE_AND_REPLACE. */
  readonly replacementBody?: Uint8Array;
  /** Has Envoy choose the route and cluster anew; request direction only. */
  readonly clearRouteCache?: boolean;
  readonly modeOverride?: ProcessingMode;
  /** By namespace. */
  readonly dynamicMetadata?: StructObject;
}

/** The change to a body, or to one chunk of it. `streamed` is valid with FULL_DUPLEX_STREAMED only. */
export type BodyEdit =
  | { readonly kind: "replace"; readonly bytes: Uint8Array }
  | { readonly kind: "clear" }
  | { readonly kind: "streamed"; readonly bytes: Uint8Array; readonly endOfStream: boolean };

/** The answer to a body or a chunk; headers can be edited only while Envoy holds them: BUFFERED. */
export interface BodyReply {
  readonly kind: HttpBody["kind"];
  readonly edits?: HeaderEdits;
  readonly body?: BodyEdit;
  readonly clearRouteCache?: boolean;
  readonly dynamicMetadata?: StructObject;
}

/** The answer to trailers. */
export interface TrailersReply {
  readonly kind: HttpTrailers["kind"];
  readonly edits?: HeaderEdits;
  readonly dynamicMetadata?: StructObject;
}

/** An answer to the client in the upstream's place. */
export interface ImmediateReply {
  /** One that Envoy's `StatusCode` has. */
  readonly status: number;
  readonly headers: HeaderEdits["set"];
  readonly body: Uint8Array;
  /** For Envoy's logs: RESPONSE_CODE_DETAILS. */
  readonly details: string;
  readonly dynamicMetadata?: StructObject;
}

/** Encodes the answer to headers. Throws `internal` for headers that HTTP cannot carry, like all of these. */
export function encodeHeadersReply(reply: HeadersReply): EdgeMessage {
  writer.start();
  if (reply.modeOverride !== undefined) {
    const mode = writer.mark();
    writeProcessingMode(writer, reply.modeOverride);
    writer.messageField(fields.modeOverride, mode);
  }
  writeDynamicMetadata(reply.dynamicMetadata);
  const response = writer.mark();
  const common = writer.mark();
  if (reply.clearRouteCache === true) writer.varintField(fields.clearRouteCache, 1);
  if (reply.replacementBody !== undefined) {
    writeBodyMutation({ kind: "replace", bytes: reply.replacementBody });
  }
  if (reply.edits !== undefined) writeHeaderMutation(writer, fields.headerMutation, reply.edits);
  if (reply.replacementBody !== undefined) writer.varintField(fields.status, continueAndReplace);
  writer.messageField(fields.response, common);
  writer.messageField(members[reply.kind], response);
  return writer.finishParts();
}

/** Encodes the answer to a body or a chunk. */
export function encodeBodyReply(reply: BodyReply): EdgeMessage {
  writer.start();
  writeDynamicMetadata(reply.dynamicMetadata);
  const response = writer.mark();
  const common = writer.mark();
  if (reply.clearRouteCache === true) writer.varintField(fields.clearRouteCache, 1);
  if (reply.body !== undefined) writeBodyMutation(reply.body);
  if (reply.edits !== undefined) writeHeaderMutation(writer, fields.headerMutation, reply.edits);
  writer.messageField(fields.response, common);
  writer.messageField(members[reply.kind], response);
  return writer.finishParts();
}

/** Encodes the answer to trailers. */
export function encodeTrailersReply(reply: TrailersReply): Uint8Array {
  writer.start();
  writeDynamicMetadata(reply.dynamicMetadata);
  const response = writer.mark();
  if (reply.edits !== undefined) writeHeaderMutation(writer, fields.trailerMutation, reply.edits);
  writer.messageField(members[reply.kind], response);
  return writer.finish();
}

/** Encodes an answer in the upstream's place; may be sent instead of any other. */
export function encodeImmediateReply(reply: ImmediateReply): EdgeMessage {
  assert(reply.status >= 200 && reply.status <= 599, "a final HTTP status");
  writer.start();
  writeDynamicMetadata(reply.dynamicMetadata);
  const response = writer.mark();
  writer.utf8Field(fields.immediateDetails, reply.details);
  writer.lentBytesField(fields.immediateBody, reply.body);
  writeHeaderMutation(writer, fields.immediateHeaders, { set: reply.headers, remove: [] });
  const status = writer.mark();
  writer.varintField(fields.statusCode, reply.status);
  writer.messageField(fields.immediateStatus, status);
  writer.messageField(fields.immediateResponse, response);
  return writer.finishParts();
}

function writeBodyMutation(edit: BodyEdit): void {
  const mutation = writer.mark();
  switch (edit.kind) {
    case "replace":
      writer.lentBytesField(fields.body, edit.bytes);
      break;
    case "clear":
      writer.varintField(fields.clearBody, 1);
      break;
    case "streamed": {
      const streamed = writer.mark();
      if (edit.endOfStream) writer.varintField(fields.streamedEndOfStream, 1);
      writer.lentBytesField(fields.streamedBody, edit.bytes);
      writer.messageField(fields.streamedResponse, streamed);
      break;
    }
  }
  writer.messageField(fields.bodyMutation, mutation);
}

function writeDynamicMetadata(metadata: StructObject | undefined): void {
  if (metadata === undefined) return;
  const struct = writer.mark();
  writeStruct(writer, metadata);
  writer.messageField(fields.dynamicMetadata, struct);
}

/** Shared by all encoders: each runs to its end without calling out. */
const writer = new ProtobufWriter();

/** The members of ProcessingResponse's oneof that answer a message of the same kind. */
const members = {
  request_headers: 1,
  response_headers: 2,
  request_body: 3,
  response_body: 4,
  request_trailers: 5,
  response_trailers: 6,
} as const satisfies Record<ProcessingRequest["kind"], number>;

/** Field numbers of ProcessingResponse and of the messages below it, in that order. */
const fields = {
  immediateResponse: 7,
  dynamicMetadata: 8,
  modeOverride: 9,
  response: 1,
  trailerMutation: 1,
  status: 1,
  headerMutation: 2,
  bodyMutation: 3,
  clearRouteCache: 5,
  body: 1,
  clearBody: 2,
  streamedResponse: 3,
  streamedBody: 1,
  streamedEndOfStream: 2,
  immediateStatus: 1,
  immediateHeaders: 2,
  immediateBody: 3,
  immediateDetails: 5,
  statusCode: 1,
} as const;

/** `CommonResponse.ResponseStatus.CONTINUE_AND_REPLACE` */
const continueAndReplace = 1;

/** "Go on, nothing changes", for each kind of message: encoded once, shared by all streams, never to be written to. */
export const continueReplies: Readonly<Record<ProcessingRequest["kind"], EdgeMessage>> = {
  request_headers: encodeHeadersReply({ kind: "request_headers" }),
  response_headers: encodeHeadersReply({ kind: "response_headers" }),
  request_body: encodeBodyReply({ kind: "request_body" }),
  response_body: encodeBodyReply({ kind: "response_body" }),
  request_trailers: encodeTrailersReply({ kind: "request_trailers" }),
  response_trailers: encodeTrailersReply({ kind: "response_trailers" }),
};
