import type { ProtobufReader } from "../core/protobuf-reader.ts";
import { type AccessLogFlag, readResponseFlags } from "./response-flags.ts";

/** How one request, or one attempt of it upstream, ended, as Envoy logs it. */
export interface AccessLogEntry {
  /** Told by the log's name: `tollgate.request` or `tollgate.attempt`. */
  readonly kind: "request" | "attempt";
  /** The x-request-id, by which the exchange is found; undefined for a request that failed before it had one. */
  readonly requestId: string | undefined;
  /** For an attempt its number, from 1, if the log carries x-envoy-attempt-count; for a request how many there were. */
  readonly attempt: number | undefined;
  /** The upstream cluster; undefined where none was chosen, and for an attempt that overflowed one. */
  readonly cluster: string | undefined;
  /** The HTTP status; undefined where no response headers came. */
  readonly status: number | undefined;
  /** The reasons for a failed end; empty if it ended cleanly. */
  readonly flags: readonly AccessLogFlag[];
  /** RESPONSE_CODE_DETAILS; Envoy leaves it empty for attempts. */
  readonly codeDetails: string | undefined;
  readonly durationMs: number | undefined;
  /** From the request's first byte to the upstream's first. */
  readonly upstreamFirstByteMs: number | undefined;
  /** Host and port of the upstream that was tried, if it has an address. */
  readonly upstreamAddress: string | undefined;
  /** The failure of the upstream's TLS or TCP connection. */
  readonly transportFailure: string | undefined;
  /** The response header, if the log carries it. */
  readonly retryAfter: string | undefined;
  /** Body bytes that came to Envoy: for a request from the client, for an attempt from the upstream. */
  readonly bytesReceived: number;
  /** Body bytes that left Envoy: for a request to the client, for an attempt to the upstream. */
  readonly bytesSent: number;
}

/** Reads the `envoy.data.accesslog.v3.HTTPAccessLogEntry` that follows. Throws `internal` when it is malformed. */
export function readAccessLogEntry(reader: ProtobufReader, kind: AccessLogEntry["kind"]): AccessLogEntry {
  const entry = new MutableEntry(kind);
  const outer = reader.enter();
  while (reader.more()) {
    const tag = reader.tag();
    if (tag === entryTags.common) readCommon(reader, entry);
    else if (tag === entryTags.request) readRequest(reader, entry);
    else if (tag === entryTags.response) readResponse(reader, entry);
    else reader.skip(tag);
  }
  reader.leave(outer);
  return entry;
}

/** An entry while it is read; all fields from the start, so that every entry has the same shape. */
class MutableEntry implements AccessLogEntry {
  readonly kind: AccessLogEntry["kind"];
  requestId: string | undefined = undefined;
  attempt: number | undefined = undefined;
  cluster: string | undefined = undefined;
  status: number | undefined = undefined;
  flags: readonly AccessLogFlag[] = noFlags;
  codeDetails: string | undefined = undefined;
  durationMs: number | undefined = undefined;
  upstreamFirstByteMs: number | undefined = undefined;
  upstreamAddress: string | undefined = undefined;
  transportFailure: string | undefined = undefined;
  retryAfter: string | undefined = undefined;
  bytesReceived = 0;
  bytesSent = 0;

  constructor(kind: AccessLogEntry["kind"]) {
    this.kind = kind;
  }
}

function readCommon(reader: ProtobufReader, entry: MutableEntry): void {
  const outer = reader.enter();
  while (reader.more()) {
    const tag = reader.tag();
    if (tag === commonTags.firstByte) entry.upstreamFirstByteMs = readDurationMs(reader);
    else if (tag === commonTags.address) entry.upstreamAddress = readAddress(reader);
    else if (tag === commonTags.cluster) entry.cluster = text(reader);
    else if (tag === commonTags.flags) entry.flags = readResponseFlags(reader);
    else if (tag === commonTags.transportFailure) entry.transportFailure = text(reader);
    else if (tag === commonTags.duration) entry.durationMs = readDurationMs(reader);
    else if (tag === commonTags.attempts) {
      const attempts = positive(reader.varint());
      // The header, where it is logged, says the same, and of attempts too.
      entry.attempt ??= attempts;
    } else reader.skip(tag);
  }
  reader.leave(outer);
}

/** `envoy.config.core.v3.Address` as `host:port`; undefined for what is not a socket's. */
function readAddress(reader: ProtobufReader): string | undefined {
  let address: string | undefined;
  const outer = reader.enter();
  while (reader.more()) {
    const tag = reader.tag();
    if (tag === addressTags.socket) address = readSocketAddress(reader);
    else reader.skip(tag);
  }
  reader.leave(outer);
  return address;
}

function readSocketAddress(reader: ProtobufReader): string {
  let host = "";
  let port = 0;
  const outer = reader.enter();
  while (reader.more()) {
    const tag = reader.tag();
    if (tag === socketTags.address) host = reader.utf8();
    else if (tag === socketTags.port) port = reader.varint();
    else reader.skip(tag);
  }
  reader.leave(outer);
  return `${host}:${port}`;
}

function readRequest(reader: ProtobufReader, entry: MutableEntry): void {
  const outer = reader.enter();
  while (reader.more()) {
    const tag = reader.tag();
    if (tag === requestTags.id) entry.requestId = text(reader);
    else if (tag === requestTags.bodyBytes) entry.bytesReceived = reader.varint();
    else if (tag === requestTags.headers) {
      const count = readLoggedHeader(reader, "x-envoy-attempt-count");
      if (count !== undefined && /^\d{1,6}$/.test(count)) entry.attempt = positive(Number(count));
    } else reader.skip(tag);
  }
  reader.leave(outer);
}

function readResponse(reader: ProtobufReader, entry: MutableEntry): void {
  const outer = reader.enter();
  while (reader.more()) {
    const tag = reader.tag();
    if (tag === responseTags.code) entry.status = positive(readWrapped(reader));
    else if (tag === responseTags.bodyBytes) entry.bytesSent = reader.varint();
    else if (tag === responseTags.headers) {
      entry.retryAfter = readLoggedHeader(reader, "retry-after") ?? entry.retryAfter;
    } else if (tag === responseTags.codeDetails) entry.codeDetails = text(reader);
    else reader.skip(tag);
  }
  reader.leave(outer);
}

/** The value of an entry of `map<string, string>` if it is this header's. */
function readLoggedHeader(reader: ProtobufReader, name: string): string | undefined {
  let matches = false;
  let value = "";
  const outer = reader.enter();
  while (reader.more()) {
    const tag = reader.tag();
    if (tag === mapTags.key) matches = reader.equals(name);
    else if (tag === mapTags.value) value = reader.utf8();
    else reader.skip(tag);
  }
  reader.leave(outer);
  return matches ? value : undefined;
}

/** `google.protobuf.Duration`; what is not one that a request can take reads as unknown. */
function readDurationMs(reader: ProtobufReader): number | undefined {
  let seconds = 0;
  let nanos = 0;
  const outer = reader.enter();
  while (reader.more()) {
    const tag = reader.tag();
    if (tag === durationTags.seconds) seconds = reader.varint();
    else if (tag === durationTags.nanos) nanos = reader.varint();
    else reader.skip(tag);
  }
  reader.leave(outer);
  // Negative numbers come as huge ones.
  return seconds <= secondsMax && nanos < 1e9 ? seconds * 1000 + nanos / 1e6 : undefined;
}

/** `google.protobuf.UInt32Value`. */
function readWrapped(reader: ProtobufReader): number {
  let value = 0;
  const outer = reader.enter();
  while (reader.more()) {
    const tag = reader.tag();
    if (tag === wrappedTag) value = reader.varint();
    else reader.skip(tag);
  }
  reader.leave(outer);
  return value;
}

function text(reader: ProtobufReader): string | undefined {
  const value = reader.utf8();
  return value === "" ? undefined : value;
}

function positive(value: number): number | undefined {
  return value > 0 ? value : undefined;
}

const noFlags: readonly AccessLogFlag[] = Object.freeze([]);

/** The longest duration that protobuf's specification allows. */
const secondsMax = 315_576_000_000;

// Field numbers times eight plus wire type, by message.
const entryTags = { common: 0x0a, request: 0x1a, response: 0x22 } as const;
const commonTags = {
  firstByte: 0x4a, // 9, time_to_first_upstream_rx_byte
  address: 0x6a, // 13, upstream_remote_address
  cluster: 0x7a, // 15, upstream_cluster
  flags: 0x82, // 16, response_flags
  transportFailure: 0x92, // 18, upstream_transport_failure_reason
  duration: 0xba, // 23
  attempts: 0xc0, // 24, upstream_request_attempt_count
} as const;
const requestTags = { id: 0x4a, bodyBytes: 0x60, headers: 0x6a } as const;
const responseTags = { code: 0x0a, bodyBytes: 0x18, headers: 0x22, codeDetails: 0x32 } as const;
const addressTags = { socket: 0x0a } as const;
const socketTags = { address: 0x12, port: 0x18 } as const;
const durationTags = { seconds: 0x08, nanos: 0x10 } as const;
const mapTags = { key: 0x0a, value: 0x12 } as const;
const wrappedTag = 0x08;
