import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { frameType } from "../../../src/edge/http2/frame.ts";
import { http2Limits } from "../../../src/edge/http2/limits.ts";
import { callBlock, clientStart, frame, grpcMessage, uint32 } from "./h2-frames.ts";
import { RawClient } from "./h2-raw-client.ts";
import { type LoadResult, runLoad } from "./load.ts";
import { constantExtProc, echo } from "./methods.ts";
import { EdgeProcess, type Usage } from "./process.ts";

/** Streams that the client ends as Envoy does, by half-close and reset, at 5,000 a second if the machine can. */
export async function resetStreams(runMs: number): Promise<LoadResult> {
  return withServer(async (server) => {
    const messages = [0x12, 0x22, 0x1a, 0x2a].map((tag) =>
      Buffer.concat([Buffer.from([tag]), Buffer.alloc(600)]),
    );
    const result = await runLoad(
      server.address,
      { path: constantExtProc.path, messages },
      { connections: 1, streams: 1_000, streamsPerSecond: 5_000, ending: "reset", warmUpMs: 500, runMs },
    );
    assert.equal(result.failed, 0);
    assert.ok(result.streams > 0);
    return result;
  });
}

/** What open, idle calls cost, in bytes a call. */
export interface OpenCost {
  /** Resident memory more than before they were opened. */
  readonly openRssBytes: number;
  /** Live memory more than before, after all have been closed. */
  readonly leftLiveBytes: number;
}

/** Opens so many calls at once, each with a message answered, and lets them go again; twice, as the first time also warms up. */
export async function openStreams(count: number): Promise<OpenCost> {
  return withServer(async (server) => {
    const before = await settled(server);
    const openRssBytes = (await crowd(server, count)).rssBytes - before.rssBytes;
    const once = await settled(server);
    await crowd(server, count);
    const twice = await settled(server);
    return { openRssBytes: openRssBytes / count, leftLiveBytes: (twice.liveBytes - once.liveBytes) / count };
  });
}

async function crowd(server: EdgeProcess, count: number): Promise<Usage> {
  const clients: RawClient[] = [];
  for (let left = count; left > 0; left -= http2Limits.streams) {
    const client = new RawClient(server.address).send(clientStart);
    clients.push(client);
    await openAll(client, Math.min(left, http2Limits.streams));
  }
  const usage = await settled(server);
  for (const client of clients) client.close();
  await Promise.all(clients.map((client) => client.closed));
  return usage;
}

async function openAll(client: RawClient, count: number): Promise<void> {
  client.send(frame(frameType.windowUpdate, 0, 0, uint32(0x7fff_0000)));
  const message = frame(frameType.data, 0, 1, grpcMessage(Buffer.alloc(600, 1)));
  for (let index = 0; index < count; index++) {
    const id = 2 * index + 1;
    message.writeUInt32BE(id, 5);
    client.send(
      frame(frameType.headers, 4, id, callBlock(echo.path, [["x-request-id", `request-${id}`]])),
      message,
    );
    if (index % 500 === 499)
      await client.find((each) => each.type === frameType.data && each.streamId === id);
  }
  await client.find((each) => each.type === frameType.data && each.streamId === 2 * count - 1);
}

/** Memory once the collector has run, and run again; the server runs with `--expose-gc`. */
async function settled(server: EdgeProcess): Promise<Usage> {
  await server.usage();
  await new Promise((resolve) => setTimeout(resolve, 100));
  return server.usage();
}

async function withServer<T>(use: (server: EdgeProcess) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), "edge-endurance-"));
  const server = await EdgeProcess.start("http2", `unix:${join(folder, "edge.sock")}`, ["--expose-gc"]);
  try {
    return await use(server);
  } finally {
    await server.stop();
    rmSync(folder, { recursive: true });
  }
}
