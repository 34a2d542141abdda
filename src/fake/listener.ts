import { createServer, type RequestListener } from "node:http";
import { createSecureServer } from "node:http2";
import { type AddressInfo, type Server, Socket } from "node:net";
import { TLSSocket } from "node:tls";
import type { NodeRequest, NodeResponse } from "./wire.ts";

/** Idle connections are kept longer than any client keeps its own, so that none is closed under a request. */
const keepAliveTimeoutMs = 600_000;
const headersMaxBytes = 65_536;

/** PEM texts. */
export interface TlsFiles {
  readonly key: string;
  readonly cert: string;
  /** The authority of the certificates that clients must show; default: none is asked for. */
  readonly clientCa?: string;
}

/** Answers one request. `reset` resets its TCP connection. */
export type Handler = (request: NodeRequest, response: NodeResponse, reset: () => void) => void;

/** A listening port: HTTP/1.1, or with TLS also HTTP/2 by ALPN. */
export class Listener {
  readonly #server: Server;
  readonly #host: string;
  readonly #isTls: boolean;
  /** Open TCP connections by their remote end, which the TLS socket on top of one has in common with it. */
  readonly #sockets = new Map<string, Socket>();
  #port = 0;

  constructor(host: string, tls: TlsFiles | undefined, handler: Handler) {
    this.#host = host;
    this.#isTls = tls !== undefined;
    const handle = (request: NodeRequest, response: NodeResponse) => {
      const key = remoteEnd(request.socket);
      handler(request, response, () => this.#sockets.get(key)?.resetAndDestroy());
    };
    this.#server =
      tls === undefined
        ? createServer({ maxHeaderSize: headersMaxBytes }, handle as RequestListener)
        : createSecureServer(
            {
              ...{ key: tls.key, cert: tls.cert, allowHTTP1: true },
              ...(tls.clientCa === undefined ? {} : { ca: tls.clientCa, requestCert: true }),
            },
            handle,
          );
    // Both kinds take it for their HTTP/1.1 connections, though the types of one do not say so.
    Object.assign(this.#server, { keepAliveTimeout: keepAliveTimeoutMs });
    this.#server.on("connection", (socket: Socket) => this.#track(socket));
  }

  /** Listens; port 0 takes one that is free, and listening again takes the same. */
  async listen(port: number): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once("error", reject);
      this.#server.listen(this.#port || port, this.#host, () => {
        this.#server.off("error", reject);
        resolve();
      });
    });
    this.#port = (this.#server.address() as AddressInfo).port;
  }

  get port(): number {
    return this.#port;
  }

  get url(): string {
    const host = this.#host.includes(":") ? `[${this.#host}]` : this.#host;
    return `${this.#isTls ? "https" : "http"}://${host}:${this.#port}`;
  }

  /** Stops listening and resets every connection; resolves when all are gone. */
  async close(): Promise<void> {
    if (!this.#server.listening) return;
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
      for (const socket of this.#sockets.values()) socket.resetAndDestroy();
    });
  }

  #track(socket: Socket): void {
    // Over HTTP/2 the server reports the TLS socket a second time: only what is below it can be reset.
    if (socket instanceof TLSSocket || !(socket instanceof Socket)) return;
    const key = remoteEnd(socket);
    this.#sockets.set(key, socket);
    socket.once("close", () => this.#sockets.delete(key));
  }
}

function remoteEnd(socket: Socket): string {
  return `${socket.remoteAddress} ${socket.remotePort}`;
}
