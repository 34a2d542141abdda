import { connect, type Socket } from "node:net";

/** How HTTP/1.1 requests are repeated. */
export interface HttpLoadOptions {
  readonly port: number;
  /** Connections, each with one request under way. */
  readonly connections: number;
  /** Head and body, as they are sent. */
  readonly request: Buffer;
  readonly warmUpMs: number;
  readonly runMs: number;
  /** Called when the measured part begins. */
  readonly onMeasure?: () => Promise<void>;
}

/** What came of it, without the warm-up. */
export interface HttpLoadResult {
  /** Answered with 200. */
  readonly answered: number;
  /** Answered otherwise, or not at all. */
  readonly failed: number;
  readonly seconds: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly slowestMs: number;
}

/** Sends one POST over and over on connections that stay open; cheap enough to leave a core to who is measured. */
export async function runHttpLoad(options: HttpLoadOptions): Promise<HttpLoadResult> {
  const { request } = options;
  const count = { answered: 0, failed: 0 };
  let latenciesMs: number[] = [];
  const note = (ok: boolean, latencyMs: number) => {
    if (ok) count.answered += 1;
    else count.failed += 1;
    latenciesMs.push(latencyMs);
  };
  const sockets = Array.from({ length: options.connections }, () => keepAsking(options.port, request, note));
  await delay(options.warmUpMs);
  await options.onMeasure?.();
  Object.assign(count, { answered: 0, failed: 0 });
  latenciesMs = [];
  const startMs = performance.now();
  await delay(options.runMs);
  const seconds = (performance.now() - startMs) / 1_000;
  const sorted = latenciesMs.sort((a, b) => a - b);
  const result = {
    ...count,
    seconds,
    p50Ms: at(sorted, 0.5),
    p99Ms: at(sorted, 0.99),
    slowestMs: sorted.at(-1) ?? Number.NaN,
  };
  for (const socket of sockets) socket.destroy();
  return result;
}

/** A POST with so many bytes that mean nothing. */
export function anyPost(bytes: number): Buffer {
  const head = `POST / HTTP/1.1\r\nhost: a\r\nauthorization: Bearer key\r\ncontent-type: application/json\r\ncontent-length: ${bytes}\r\n\r\n`;
  return Buffer.concat([Buffer.from(head), Buffer.alloc(bytes, 0x61)]);
}

/** Asks again as soon as it is answered. */
function keepAsking(port: number, request: Buffer, note: (ok: boolean, latencyMs: number) => void): Socket {
  const socket = connect(port, "127.0.0.1");
  let startMs = performance.now();
  let received: Buffer = Buffer.alloc(0);
  socket.setNoDelay(true);
  socket.on("error", () => undefined);
  socket.on("data", (chunk) => {
    received = received.length === 0 ? chunk : Buffer.concat([received, chunk]);
    const bodyAt = received.indexOf("\r\n\r\n") + 4;
    if (bodyAt < 4) return;
    const length = /content-length: (\d+)/.exec(received.toString("latin1", 0, bodyAt))?.[1];
    if (
      length === undefined
        ? !received.subarray(-5).equals(lastChunk)
        : received.length < bodyAt + Number(length)
    )
      return;
    note(received.toString("latin1", 9, 12) === "200", performance.now() - startMs);
    received = Buffer.alloc(0);
    startMs = performance.now();
    socket.write(request);
  });
  socket.on("end", () => note(false, performance.now() - startMs));
  socket.write(request);
  return socket;
}

const lastChunk = Buffer.from("0\r\n\r\n");

function at(sorted: readonly number[], share: number): number {
  return sorted[Math.floor(sorted.length * share)] ?? Number.NaN;
}

function delay(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
