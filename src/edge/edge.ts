/** gRPC status codes that Tollgate answers with (https://grpc.github.io/grpc/core/md_doc_statuscodes.html). */
export const grpcStatus = {
  ok: 0,
  cancelled: 1,
  invalidArgument: 3,
  deadlineExceeded: 4,
  notFound: 5,
  resourceExhausted: 8,
  unimplemented: 12,
  internal: 13,
  unavailable: 14,
  unauthenticated: 16,
} as const;

/** One value of {@link grpcStatus}. */
export type GrpcStatus = (typeof grpcStatus)[keyof typeof grpcStatus];

/** One protobuf message, whole or in parts that follow each other: large ones are not copied into one piece. */
export type EdgeMessage = Uint8Array | readonly Uint8Array[];

/** A message in one piece, copied where it is in parts. */
export function wholeMessage(message: EdgeMessage): Uint8Array {
  return message instanceof Uint8Array ? message : Buffer.concat(message);
}

/** The server's side of one open gRPC call. Messages are whole protobuf messages without gRPC's five-byte prefix. */
export interface EdgeStream {
  /** Sends one message. Its memory belongs to the edge from here on. A call that is already closed ignores it. */
  send(message: EdgeMessage): void;
  /** Ends the call with status OK after everything sent; the client may still be sending. */
  end(): void;
  /** Ends the call with an error status. */
  fail(status: GrpcStatus, message: string): void;
  /** Lets the client send no more than its windows still allow, until {@link resume}. Messages that are on their way still come. */
  pause(): void;
  /** Ends what {@link pause} began. */
  resume(): void;
}

/**
 * The service's side of one call. Its methods are called in order, never from inside `send`, `end` or `fail`; must not throw.
 * After the service's own `end` or `fail` only `closed` follows.
 */
export interface EdgeHandler {
  /**
   * One whole message. The bytes are valid only during the call, their memory is used again: who keeps any of them copies them. Those in a
   * `SharedArrayBuffer` are the service's own.
   */
  message(bytes: Buffer): void;
  /** The client will send no more. */
  halfClosed(): void;
  /** The call is over, for whatever reason; exactly once, the last call. */
  closed(): void;
}

/** One gRPC method, e.g. `/envoy.service.ext_proc.v3.ExternalProcessor/Process`. */
export interface EdgeMethod {
  readonly path: string;
  /** Opens a call; `metadata` reads the client's initial metadata by lower-case name. */
  open(stream: EdgeStream, metadata: (name: string) => string | undefined): EdgeHandler;
}

/** Where an edge listens: a Unix socket's path, or a host and port (port 0: the kernel's choice). */
export type EdgeAddress =
  | { readonly kind: "unix"; readonly path: string }
  | { readonly kind: "tcp"; readonly host: string; readonly port: number };

/** A gRPC server, reduced to what Tollgate needs of one. */
export interface Edge {
  /** Starts listening; resolves with the address really bound. Rejects when the address is taken. */
  listen(address: EdgeAddress): Promise<EdgeAddress>;
  /** Takes no new calls and waits until the open ones have ended, at most `deadlineMs`. */
  drain(deadlineMs: number): Promise<void>;
  /** Ends everything at once. */
  close(): Promise<void>;
}

/** Options of an edge besides its methods. */
export interface EdgeOptions {
  /** The longest message a client may send; a longer one ends its call with RESOURCE_EXHAUSTED. Default {@link defaultMaxMessageBytes}. */
  readonly maxMessageBytes?: number;
}

/** 64 MiB: above the largest body Envoy is told to buffer, with its headers and attributes. */
export const defaultMaxMessageBytes = 64 << 20;

/** Makes an edge that serves these methods. */
export type EdgeFactory = (methods: readonly EdgeMethod[], options?: EdgeOptions) => Edge;

/** Parses `unix:PATH` or `HOST:PORT`; undefined for anything else. */
export function parseEdgeAddress(text: string): EdgeAddress | undefined {
  if (text.startsWith("unix:")) return text.length > 5 ? { kind: "unix", path: text.slice(5) } : undefined;
  const match = /^(\[[0-9a-fA-F:]+\]|[^:]+):(\d{1,5})$/.exec(text);
  const port = Number(match?.[2]);
  if (match === null || port > 65_535) return undefined;
  return { kind: "tcp", host: (match[1] ?? "").replace(/^\[|\]$/g, ""), port };
}
