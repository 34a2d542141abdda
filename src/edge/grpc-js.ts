import {
  Server,
  ServerCredentials,
  type ServerDuplexStream,
  type UntypedServiceImplementation,
} from "@grpc/grpc-js";
import {
  defaultMaxMessageBytes,
  type Edge,
  type EdgeAddress,
  type EdgeFactory,
  type EdgeHandler,
  type EdgeMessage,
  type EdgeMethod,
  type EdgeStream,
  type GrpcStatus,
  wholeMessage,
} from "./edge.ts";
import { keepSocketPrivate, prepareSocketPath } from "./socket-path.ts";

/** How often a silent connection is asked whether it still lives, and how long it may take to answer. */
const keepaliveIntervalMs = 60_000;
const keepaliveTimeoutMs = 20_000;

type Call = ServerDuplexStream<Buffer, Uint8Array>;

/** The reference edge, on the stock gRPC implementation: slower than our own, and what ours is compared with. */
export const grpcJsEdge: EdgeFactory = (methods, options = {}) => {
  // channelz stays on: without it `forceShutdown` of 1.14.7 does not know its sessions and leaves them open.
  const server = new Server({
    "grpc.max_receive_message_length": options.maxMessageBytes ?? defaultMaxMessageBytes,
    "grpc.max_send_message_length": -1,
    "grpc.keepalive_time_ms": keepaliveIntervalMs,
    "grpc.keepalive_timeout_ms": keepaliveTimeoutMs,
  });
  for (const method of methods) addMethod(server, method);
  return new GrpcJsEdge(server);
};

class GrpcJsEdge implements Edge {
  readonly #server: Server;
  #stopped: Promise<void> | undefined;

  constructor(server: Server) {
    this.#server = server;
  }

  async listen(address: EdgeAddress): Promise<EdgeAddress> {
    if (address.kind === "unix") await prepareSocketPath(address.path);
    const port = await this.#bind(bindTarget(address));
    if (address.kind === "tcp") return { ...address, port };
    await keepSocketPrivate(address.path);
    return address;
  }

  async drain(deadlineMs: number): Promise<void> {
    const timer = setTimeout(() => this.#server.forceShutdown(), deadlineMs);
    await this.#stop();
    clearTimeout(timer);
  }

  async close(): Promise<void> {
    const stopped = this.#stop();
    this.#server.forceShutdown();
    await stopped;
  }

  #bind(target: string): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#server.bindAsync(target, ServerCredentials.createInsecure(), (error, port) =>
        error === null ? resolve(port) : reject(error),
      );
    });
  }

  /** `tryShutdown` waits for sessions it saw when it was called, so it is called once and shared. */
  #stop(): Promise<void> {
    this.#stopped ??= new Promise((resolve) => this.#server.tryShutdown(() => resolve()));
    return this.#stopped;
  }
}

function bindTarget(address: EdgeAddress): string {
  if (address.kind === "unix") return `unix:${address.path}`;
  return address.host.includes(":") ? `[${address.host}]:${address.port}` : `${address.host}:${address.port}`;
}

/** Every method is registered as a two-way stream: on the wire a unary call is one that happens to carry one message. */
function addMethod(server: Server, method: EdgeMethod): void {
  const identity = (bytes: Buffer) => bytes;
  const definition = {
    path: method.path,
    requestStream: true,
    responseStream: true,
    requestDeserialize: identity,
    requestSerialize: identity,
    responseDeserialize: identity,
    responseSerialize: asBuffer,
  };
  const implementation: UntypedServiceImplementation = { call: (call: Call) => serveCall(method, call) };
  server.addService({ call: definition }, implementation);
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function serveCall(method: EdgeMethod, call: Call): void {
  const stream = new GrpcJsStream(call);
  const handler: EdgeHandler = method.open(stream, (name) => call.metadata.get(name)[0]?.toString());
  call.on("data", (bytes: Buffer) => {
    if (!stream.ended) handler.message(bytes);
  });
  call.on("end", () => {
    if (!stream.ended) handler.halfClosed();
  });
  // Emitted once for every call, well ended or not, after everything else.
  call.once("cancelled", () => {
    stream.ended = true;
    handler.closed();
  });
}

class GrpcJsStream implements EdgeStream {
  readonly #call: Call;
  /** The service has ended the call, or the call has closed. */
  ended = false;

  constructor(call: Call) {
    this.#call = call;
  }

  send(message: EdgeMessage): void {
    if (!this.ended) this.#call.write(wholeMessage(message));
  }

  end(): void {
    if (this.ended) return;
    this.ended = true;
    this.#call.end();
  }

  fail(status: GrpcStatus, message: string): void {
    if (this.ended) return;
    this.ended = true;
    this.#call.emit("error", { code: status, details: message });
  }

  pause(): void {
    this.#call.pause();
  }

  resume(): void {
    this.#call.resume();
  }
}
