import type { Headers } from "../../core/headers.ts";
import { malformed, ProtobufReader } from "../../core/protobuf-reader.ts";
import { HeaderMap, readHeaderMap } from "./header-map.ts";
import { type BodyMode, bodyModeOf } from "./processing-mode.ts";
import { lookUpScalar, type Scalar } from "./struct-lookup.ts";

/**
 * What Envoy sends: one `envoy.service.ext_proc.v3.ProcessingRequest`. Headers and bodies are views of the message's bytes;
 * who keeps a request longer than those are valid copies them before decoding.
 */
export type ProcessingRequest = HttpHeaders | HttpBody | HttpTrailers;

/** Fields that any kind of message may carry. */
export interface RequestContext {
  /**
   * An attribute that the filter is configured to send, e.g. `xds.cluster_name`; Envoy sends them with the first message of
   * each direction. Integers come as numbers. Throws `internal` when the attributes are malformed.
   */
  attribute(name: string): Scalar | undefined;
  /** A scalar of the forwarded dynamic metadata, e.g. `("tollgate.plan", "id")`. Throws `internal` when that is malformed. */
  metadata(namespace: string, name: string): Scalar | undefined;
  /** The configured mode for answers' bodies. Envoy sends it with a stream's first message, and only from 1.34 on. */
  responseBodyMode(): BodyMode | undefined;
}

export interface HttpHeaders extends RequestContext {
  readonly kind: "request_headers" | "response_headers";
  readonly headers: Headers;
  /** No body follows. */
  readonly endOfStream: boolean;
}

export interface HttpBody extends RequestContext {
  readonly kind: "request_body" | "response_body";
  readonly body: Buffer;
  /** Nothing follows, trailers neither. */
  readonly endOfStream: boolean;
}

export interface HttpTrailers extends RequestContext {
  readonly kind: "request_trailers" | "response_trailers";
  readonly headers: Headers;
}

/** Decodes one message. Throws `internal` for one that is malformed, or of a kind that Envoy 1.40 does not send. */
export function decodeProcessingRequest(bytes: Buffer): ProcessingRequest {
  const reader = new ProtobufReader(bytes);
  let request: ProcessingRequest | undefined;
  while (reader.more()) {
    const tag = reader.tag();
    const kind = kinds[tag];
    if (kind === undefined) {
      reader.skip(tag);
      continue;
    }
    if (request !== undefined) throw malformed("two requests in one message");
    request = readRequest(reader, kind);
  }
  if (request === undefined) throw malformed("a processing request of no known kind");
  return request;
}

function readRequest(reader: ProtobufReader, kind: ProcessingRequest["kind"]): ProcessingRequest {
  switch (kind) {
    case "request_headers":
    case "response_headers":
      return readHeaders(reader, kind);
    case "request_body":
    case "response_body":
      return readBody(reader, kind);
    case "request_trailers":
    case "response_trailers":
      return readTrailers(reader, kind);
  }
}

function readHeaders(reader: ProtobufReader, kind: HttpHeaders["kind"]): HttpHeaders {
  const offsets: number[] = [];
  let endOfStream = false;
  const outer = reader.enter();
  while (reader.more()) {
    const tag = reader.tag();
    if (tag === headersTag) readHeaderMap(reader, offsets);
    else if (tag === headersEndOfStreamTag) endOfStream = reader.bool();
    else reader.skip(tag);
  }
  reader.leave(outer);
  return new HeadersMessage(reader.bytes, kind, new HeaderMap(reader.bytes, offsets), endOfStream);
}

function readBody(reader: ProtobufReader, kind: HttpBody["kind"]): HttpBody {
  let body: Buffer = noBody;
  let endOfStream = false;
  const outer = reader.enter();
  while (reader.more()) {
    const tag = reader.tag();
    if (tag === bodyTag) body = reader.view();
    else if (tag === bodyEndOfStreamTag) endOfStream = reader.bool();
    else reader.skip(tag);
  }
  reader.leave(outer);
  return new BodyMessage(reader.bytes, kind, body, endOfStream);
}

function readTrailers(reader: ProtobufReader, kind: HttpTrailers["kind"]): HttpTrailers {
  const offsets: number[] = [];
  const outer = reader.enter();
  while (reader.more()) {
    const tag = reader.tag();
    if (tag === headersTag) readHeaderMap(reader, offsets);
    else reader.skip(tag);
  }
  reader.leave(outer);
  return new TrailersMessage(reader.bytes, kind, new HeaderMap(reader.bytes, offsets));
}

/** Looks attributes and metadata up in the message itself: most messages have none, and most that have are not asked. */
class Message implements RequestContext {
  readonly #bytes: Buffer;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  attribute(name: string): Scalar | undefined {
    return lookUpScalar(new ProtobufReader(this.#bytes), attributesTag, attributesKey, name);
  }

  metadata(namespace: string, name: string): Scalar | undefined {
    const reader = new ProtobufReader(this.#bytes);
    let scalar: Scalar | undefined;
    while (reader.more()) {
      const tag = reader.tag();
      if (tag !== metadataContextTag) {
        reader.skip(tag);
        continue;
      }
      const outer = reader.enter();
      scalar = lookUpScalar(reader, filterMetadataTag, namespace, name) ?? scalar;
      reader.leave(outer);
    }
    return scalar;
  }

  responseBodyMode(): BodyMode | undefined {
    const reader = new ProtobufReader(this.#bytes);
    while (reader.more()) {
      const tag = reader.tag();
      if (tag === protocolConfigTag) return readResponseBodyMode(reader);
      reader.skip(tag);
    }
    return undefined;
  }
}

function readResponseBodyMode(reader: ProtobufReader): BodyMode | undefined {
  let mode = 0;
  const outer = reader.enter();
  while (reader.more()) {
    const tag = reader.tag();
    if (tag === responseBodyModeTag) mode = reader.varint();
    else reader.skip(tag);
  }
  reader.leave(outer);
  return bodyModeOf(mode);
}

class HeadersMessage extends Message implements HttpHeaders {
  readonly kind: HttpHeaders["kind"];
  readonly headers: Headers;
  readonly endOfStream: boolean;

  constructor(bytes: Buffer, kind: HttpHeaders["kind"], headers: Headers, endOfStream: boolean) {
    super(bytes);
    this.kind = kind;
    this.headers = headers;
    this.endOfStream = endOfStream;
  }
}

class BodyMessage extends Message implements HttpBody {
  readonly kind: HttpBody["kind"];
  readonly body: Buffer;
  readonly endOfStream: boolean;

  constructor(bytes: Buffer, kind: HttpBody["kind"], body: Buffer, endOfStream: boolean) {
    super(bytes);
    this.kind = kind;
    this.body = body;
    this.endOfStream = endOfStream;
  }
}

class TrailersMessage extends Message implements HttpTrailers {
  readonly kind: HttpTrailers["kind"];
  readonly headers: Headers;

  constructor(bytes: Buffer, kind: HttpTrailers["kind"], headers: Headers) {
    super(bytes);
    this.kind = kind;
    this.headers = headers;
  }
}

/** The members of ProcessingRequest's oneof, by tag. */
const kinds: Readonly<Record<number, ProcessingRequest["kind"]>> = {
  18: "request_headers",
  26: "response_headers",
  34: "request_body",
  42: "response_body",
  50: "request_trailers",
  58: "response_trailers",
};

/** The one key of `attributes`: the filter's canonical name, whatever it is called in the configuration. */
const attributesKey = "envoy.filters.http.ext_proc";

const noBody = Buffer.alloc(0);

// ProcessingRequest.metadata_context and .attributes, core.v3.Metadata.filter_metadata
const metadataContextTag = 0x42;
const attributesTag = 0x4a;
const filterMetadataTag = 0x0a;
// ProcessingRequest.protocol_config, ProtocolConfiguration.response_body_mode
const protocolConfigTag = 0x5a;
const responseBodyModeTag = 0x10;
// HttpHeaders.headers and HttpTrailers.trailers, HttpHeaders.end_of_stream, HttpBody.body and .end_of_stream
const headersTag = 0x0a;
const headersEndOfStreamTag = 0x18;
const bodyTag = 0x0a;
const bodyEndOfStreamTag = 0x10;
