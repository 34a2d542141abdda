import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { parentPort, workerData } from "node:worker_threads";
import { boundConnections, type ConnectionBounds, deadlineOptions } from "./connection-bounds.ts";
import type { HealthNews, HealthStart, HealthStarted } from "./health-message.ts";

// Answers `/livez` and `/readyz` in a thread of its own, whatever the event loop that serves requests is doing.

const bounds: ConnectionBounds = { connectionsMax: 64, headersTimeoutMs: 5_000, requestTimeoutMs: 5_000 };
const headerBytesMax = 8_192;
/** How often the beat is looked at, at least: a probe after a pause must not take an old look for a stall. */
const lookMs = 100;

const { host, port, beats, stallMs } = workerData as HealthStart;
const beat = new Int32Array(beats);
let lastBeat = Atomics.load(beat, 0);
let beatMs = performance.now();
let unreadyReasons: readonly string[] = ["starting"];

/** How long the event loop has not turned. */
function stalledMs(): number {
  const now = Atomics.load(beat, 0);
  if (now !== lastBeat) {
    lastBeat = now;
    beatMs = performance.now();
  }
  return performance.now() - beatMs;
}

/** Why a path is not answered with 200; undefined: no such path. */
function reasonsFor(path: string): readonly string[] | undefined {
  if (path !== "/livez" && path !== "/readyz") return undefined;
  const stalled = stalledMs();
  if (stalled > stallMs) return [`the event loop has not turned for ${Math.round(stalled / 1000)} s`];
  return path === "/livez" ? [] : unreadyReasons;
}

function reply(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { "content-type": "text/plain; charset=utf-8", "cache-control": "no-store" });
  response.end(`${text}\n`);
}

const server = createServer(
  { ...deadlineOptions(bounds), maxHeaderSize: headerBytesMax },
  (request, response) => {
    const [path = ""] = (request.url ?? "").split("?", 1);
    const reasons = reasonsFor(path);
    if (reasons === undefined) reply(response, 404, "unknown path; known paths: /livez, /readyz");
    else if (request.method !== "GET" && request.method !== "HEAD")
      reply(response, 405, "this path takes GET");
    else if (reasons.length === 0) reply(response, 200, "ok");
    else reply(response, 503, reasons.join("\n"));
  },
);
boundConnections(server, bounds);
setInterval(stalledMs, lookMs);

function say(started: HealthStarted): void {
  parentPort?.postMessage(started);
}

parentPort?.on("message", (news: HealthNews) => {
  ({ unreadyReasons } = news);
});
server.once("error", ({ code, message }: NodeJS.ErrnoException) => say({ kind: "failed", code, message }));
server.listen(port, host, () => {
  const bound = server.address() as AddressInfo;
  say({ kind: "listening", host: bound.address, port: bound.port });
});
