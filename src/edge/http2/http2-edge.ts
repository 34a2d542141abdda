import { createServer, type Server, type Socket } from "node:net";
import {
  defaultMaxMessageBytes,
  type Edge,
  type EdgeAddress,
  type EdgeFactory,
  type EdgeMethod,
  type EdgeOptions,
} from "../edge.ts";
import { keepSocketPrivate, prepareSocketPath } from "../socket-path.ts";
import type { Service } from "./calls.ts";
import { Connection } from "./connection.ts";
import { HeldMemory } from "./held-memory.ts";
import { type Http2Limits, http2Limits } from "./limits.ts";
import { readBufferBytes, withOwnReads } from "./own-reads.ts";
import { SpareMemory } from "./spare-memory.ts";

/** The default edge: our own HTTP/2 straight over sockets. */
export const http2Edge: EdgeFactory = (methods, options) => createHttp2Edge(methods, options, http2Limits);

/** The HTTP/2 edge with chosen limits; tests make them small. */
export function createHttp2Edge(
  methods: readonly EdgeMethod[],
  options: EdgeOptions | undefined,
  limits: Http2Limits,
): Edge {
  const connections = new Set<Connection>();
  const service = {
    methods: new Map(methods.map((method) => [method.path, method])),
    maxMessageBytes: options?.maxMessageBytes ?? defaultMaxMessageBytes,
    limits,
    memory: new HeldMemory(limits.heldBytes, connections),
    spare: new SpareMemory(limits.spareBytes),
  };
  return new Http2Edge(service, connections);
}

class Http2Edge implements Edge {
  readonly #service: Service;
  readonly #server: Server;
  readonly #connections: Set<Connection>;
  /** Every connection reads into it: what was read is dealt with, or copied, before anything else is read. */
  readonly #readBuffer = Buffer.allocUnsafeSlow(readBufferBytes);
  /** Resolves once nothing listens and no connection is left; begun by the first call that wants it. */
  #stopped: Promise<void> | undefined;
  #lastGone = (): void => {};
  #ticker: NodeJS.Timeout | undefined;
  #draining = false;

  constructor(service: Service, connections: Set<Connection>) {
    this.#service = service;
    this.#connections = connections;
    this.#server = createServer({ noDelay: true, pauseOnConnect: true }, (socket) => this.#accept(socket));
  }

  async listen(address: EdgeAddress): Promise<EdgeAddress> {
    if (address.kind === "unix") await prepareSocketPath(address.path);
    await new Promise<void>((resolve, reject) => {
      this.#server.once("error", reject);
      this.#server.listen(
        { ...listenOptions(address), backlog: this.#service.limits.backlogConnections },
        () => {
          this.#server.removeListener("error", reject);
          resolve();
        },
      );
    });
    if (address.kind === "unix") await keepSocketPrivate(address.path);
    // Afterwards errors concern single connections that could not be accepted; the clients see those.
    this.#server.on("error", () => undefined);
    this.#ticker = setInterval(() => this.#tick(), this.#service.limits.tickMs);
    const bound = this.#server.address();
    return address.kind === "tcp" && typeof bound === "object" && bound !== null
      ? { ...address, port: bound.port }
      : address;
  }

  async drain(deadlineMs: number): Promise<void> {
    this.#draining = true;
    const timer = setTimeout(() => this.#destroyAll(), deadlineMs);
    const stopped = this.#stop();
    for (const connection of this.#connections) connection.drain();
    await stopped;
    clearTimeout(timer);
  }

  async close(): Promise<void> {
    const stopped = this.#stop();
    this.#destroyAll();
    await stopped;
  }

  #stop(): Promise<void> {
    this.#stopped ??= this.#listenNoMore();
    return this.#stopped;
  }

  async #listenNoMore(): Promise<void> {
    await new Promise((resolve) => this.#server.close(resolve));
    // The server does not count connections whose handle was taken over.
    if (this.#connections.size > 0)
      await new Promise<void>((resolve) => {
        this.#lastGone = resolve;
      });
    clearInterval(this.#ticker);
  }

  #accept(accepted: Socket): void {
    if (this.#draining || !this.#makeRoom()) {
      accepted.destroy();
      return;
    }
    const socket = withOwnReads(accepted, this.#readBuffer, (bytes) => connection.read(bytes));
    const connection = new Connection(socket, this.#service);
    this.#connections.add(connection);
    socket.once("close", () => this.#leave(connection));
  }

  #leave(connection: Connection): void {
    this.#connections.delete(connection);
    // Nobody waits for ends that are told by and by.
    if (this.#draining) connection.destroy();
    if (this.#connections.size === 0) this.#lastGone();
  }

  /** With all connections taken, one that has not yet said anything useful gives way, the oldest first. */
  #makeRoom(): boolean {
    if (this.#connections.size < this.#service.limits.connections) return true;
    for (const connection of this.#connections) {
      if (connection.established) continue;
      this.#connections.delete(connection);
      connection.destroy();
      return true;
    }
    return false;
  }

  #tick(): void {
    for (const connection of this.#connections) connection.tick();
  }

  #destroyAll(): void {
    for (const connection of this.#connections) connection.destroy();
  }
}

function listenOptions(address: EdgeAddress): { path: string } | { host: string; port: number } {
  return address.kind === "unix" ? { path: address.path } : { host: address.host, port: address.port };
}
