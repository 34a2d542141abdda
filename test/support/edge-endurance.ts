import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { frameType } from "../../src/edge/http2/frame.ts";
import { type LoadResult, runLoad } from "./edge-load.ts";
import { constantExtProc, echo } from "./edge-methods.ts";
import { EdgeProcess } from "./edge-process.ts";
import { callBlock, clientStart, frame, grpcMessage } from "./h2-frames.ts";
import { RawClient } from "./h2-raw-client.ts";

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

/** Memory an open, idle call holds, in bytes, and what is left per call after all have been closed. */
export async function openStreams(
  count: number,
): Promise<{ readonly openBytes: number; readonly leftBytes: number }> {
  return withServer(async (server) => {
    const before = await settledRss(server);
    const client = new RawClient(server.address).send(clientStart);
    await openAll(client, count);
    const openBytes = ((await settledRss(server)) - before) / count;
    client.close();
    // What is measured is whether a second crowd finds the room of the first.
    const again = new RawClient(server.address).send(clientStart);
    await openAll(again, count);
    const leftBytes = ((await settledRss(server)) - before) / count - openBytes;
    again.close();
    return { openBytes, leftBytes };
  });
}

async function openAll(client: RawClient, count: number): Promise<void> {
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

/** Resident memory once the collector has run; the server runs with `--expose-gc`. */
async function settledRss(server: EdgeProcess): Promise<number> {
  await server.usage();
  await new Promise((resolve) => setTimeout(resolve, 100));
  return (await server.usage()).rssBytes;
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
