import { createServer, type RequestListener, type Server, type ServerResponse } from "node:http";
import { type AddressInfo, connect } from "node:net";

/** How streams are paced. */
export interface Pace {
  readonly events: number;
  readonly everyMs: number;
  /** Bytes of one event. */
  readonly eventBytes: number;
}

/** What clients of paced streams saw, in milliseconds since the provider wrote it. */
export interface SeenStreams {
  readonly firstEventMs: readonly number[];
  readonly eventMs: readonly number[];
  /** Streams that did not come whole. */
  readonly failed: number;
}

/** An upstream that answers everything with paced events; each begins with the time it was written at. */
export function startPacedUpstream({ eventBytes, ...pace }: Pace): Promise<Server> {
  const filler = "a".repeat(eventBytes);
  return listen((request, response) => {
    request.resume();
    request.on("end", () => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      const event = () => `data: written ${performance.now()} ${filler}`.slice(0, eventBytes - 2);
      writePaced(response, pace, event, "");
    });
  });
}

/** Writes events at their pace, `last` after them, and ends; stops where the client has left. */
export function writePaced(
  response: ServerResponse,
  { events, everyMs }: Pick<Pace, "events" | "everyMs">,
  event: () => string,
  last: string,
): void {
  let written = 0;
  const write = () => {
    response.write(`${event()}\n\n`);
    if (++written < events) return;
    clearInterval(timer);
    response.end(last);
  };
  const timer = setInterval(write, everyMs);
  write();
  response.on("close", () => clearInterval(timer));
}

/** A server for many connections at once. */
export async function listen(answer: RequestListener): Promise<Server> {
  const server = createServer(answer);
  server.keepAliveTimeout = 60_000;
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", 1_024, resolve));
  return server;
}

/** The port of a server of {@link listen}. */
export function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}

/** How streams are asked for; without more, by an empty POST. */
export interface PacedRequests {
  readonly request?: string | Buffer;
  /** The first `atOnce` are begun over so long; by default the time of one event. */
  readonly overMs?: number;
}

/** Asks for so many streams, `atOnce` at a time, each on a connection of its own, begun evenly over some time. */
export async function readPacedStreams(
  port: number,
  pace: Pace,
  streams: number,
  atOnce: number,
  { request = emptyPost, overMs = pace.everyMs }: PacedRequests = {},
): Promise<SeenStreams> {
  const firstEventMs: number[] = [];
  const eventMs: number[] = [];
  let failed = 0;
  let begun = 0;
  const reader = async (place: number) => {
    await new Promise((resolve) => setTimeout(resolve, (place * overMs) / atOnce));
    while (begun < streams) {
      begun += 1;
      const { askedMs, seenMs } = await readStream(port, request);
      if (seenMs.length !== pace.events) failed += 1;
      for (const [writtenMs, readMs] of seenMs) eventMs.push(readMs - writtenMs);
      const [first] = seenMs;
      if (first !== undefined) firstEventMs.push(first[1] - askedMs);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, (_, place) => reader(place)));
  return { firstEventMs, eventMs, failed };
}

const emptyPost = "POST / HTTP/1.1\r\nhost: a\r\nconnection: close\r\ncontent-length: 2\r\n\r\n{}";

interface ReadStream {
  readonly askedMs: number;
  /** When each event was written and read. */
  readonly seenMs: readonly (readonly [written: number, read: number])[];
}

function readStream(port: number, request: string | Buffer): Promise<ReadStream> {
  return new Promise((resolve) => {
    const seenMs: [number, number][] = [];
    const askedMs = performance.now();
    const socket = connect(port, "127.0.0.1");
    socket.setNoDelay(true);
    socket.on("error", () => undefined);
    socket.on("data", (part) => {
      const text = part.toString("latin1");
      const readMs = performance.now();
      for (const [, writtenMs] of text.matchAll(/written ([\d.]+) /g))
        seenMs.push([Number(writtenMs), readMs]);
      if (text.endsWith("0\r\n\r\n")) socket.end();
    });
    socket.on("close", () => resolve({ askedMs, seenMs }));
    socket.write(request);
  });
}
