import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";

/** Bounds on an HTTP server's connections and on the time that a request may take to arrive. */
export interface ConnectionBounds {
  readonly connectionsMax: number;
  /** From the connection, or from the end of the answer before, to the end of the headers. */
  readonly headersTimeoutMs: number;
  /** The same to the end of the body. */
  readonly requestTimeoutMs: number;
}

/** How often the two deadlines are looked at. */
const checkingIntervalMs = 500;

/** What `createServer` needs so that the deadlines hold. */
export function deadlineOptions({ headersTimeoutMs, requestTimeoutMs }: ConnectionBounds): {
  readonly headersTimeout: number;
  readonly requestTimeout: number;
  readonly connectionsCheckingInterval: number;
} {
  return {
    headersTimeout: headersTimeoutMs,
    requestTimeout: requestTimeoutMs,
    connectionsCheckingInterval: checkingIntervalMs,
  };
}

/**
 * Keeps a server open to newcomers however many connections are held: at the limit one is closed. Those that have not sent a whole request
 * and those that are being answered are two classes, and it is the oldest of the larger one: a flood of either ends its own connections.
 * A server that refuses newcomers instead (`maxConnections`) is shut by whoever holds its connections.
 */
export function boundConnections(server: Server, { connectionsMax }: ConnectionBounds): void {
  /** Oldest first, each with the request that it is being answered. */
  const open: OpenConnections = new Map();
  server.on("connection", (socket: Socket) => {
    if (open.size >= connectionsMax) closeOne(open);
    open.set(socket, undefined);
    socket.once("close", () => open.delete(socket));
  });
  server.on("request", (request: IncomingMessage, response: ServerResponse) => {
    const { socket } = request;
    if (!open.has(socket)) return;
    open.set(socket, request);
    response.once("close", () => {
      if (open.get(socket) === request) open.set(socket, undefined);
    });
  });
}

type OpenConnections = Map<Socket, IncomingMessage | undefined>;

function closeOne(open: OpenConnections): void {
  const all = [...open];
  const asked = all.filter(([, request]) => request?.complete === true);
  const silent = all.filter(([, request]) => request?.complete !== true);
  const [socket] = (asked.length > silent.length ? asked : silent)[0] ?? [];
  if (socket === undefined) return;
  open.delete(socket);
  socket.destroy();
}
