import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import type { Edge, EdgeAddress } from "../../src/edge/edge.ts";
import { flag, frameType } from "../../src/edge/http2/frame.ts";
import { createHttp2Edge } from "../../src/edge/http2/http2-edge.ts";
import { type Http2Limits, http2Limits } from "../../src/edge/http2/limits.ts";
import { callBlock, clientStart, frame, grpcMessage, stringLiteral } from "../support/edge/h2-frames.ts";
import { RawClient } from "../support/edge/h2-raw-client.ts";

const path = "/test.Turns/Call";
const limits: Http2Limits = { ...http2Limits, turnWork: 20, silentCalls: 250, restMs: 200, tickMs: 60_000 };

describe("HTTP/2 edge, several connections at once", { timeout: 30_000 }, () => {
  let folder: string;
  let edge: Edge;
  let address: EdgeAddress;
  let clients: RawClient[];
  /** What the service was told: messages as text, and each call's end. */
  let told: string[];

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), "edge-"));
    told = [];
    const open = () => ({
      message: (bytes: Buffer) => void told.push(bytes.toString("latin1")),
      halfClosed() {},
      closed: () => void told.push("closed"),
    });
    edge = createHttp2Edge([{ path, open }], undefined, limits);
    address = await edge.listen({ kind: "unix", path: join(folder, "edge.sock") });
    clients = [new RawClient(address), new RawClient(address)];
    for (const client of clients) {
      client.send(clientStart, frame(frameType.headers, flag.endHeaders, 1, callBlock(path)));
      await client.sync();
    }
  });

  afterEach(async () => {
    for (const client of clients) client.close();
    await edge.close();
    rmSync(folder, { recursive: true });
  });

  const message = (text: string, id = 1) =>
    frame(frameType.data, 0, id, grpcMessage(Buffer.from(text, "latin1")));
  /** Requests on new streams, each with what else is said on it. */
  const requests = (count: number, rest: (id: number) => Buffer = () => Buffer.alloc(0)) =>
    Array.from({ length: count }, (_, index) => 2 * index + 3).map((id) =>
      Buffer.concat([frame(frameType.headers, flag.endHeaders, id, callBlock(path)), rest(id)]),
    );
  const elapsedMs = async (work: () => Promise<void>) => {
    const startMs = performance.now();
    await work();
    return performance.now() - startMs;
  };
  const numbered = (count: number) => Array.from({ length: count }, (_, index) => `${index}`);

  it("serves a second connection before it is through with what one read of the first brought", async () => {
    const [busy, brief] = clients as [RawClient, RawClient];
    busy.send(...numbered(200).map((text) => message(text)));
    brief.send(message("brief"));
    await Promise.all([busy.sync(), brief.sync()]);
    const place = told.indexOf("brief");
    assert.ok(place >= 0 && place <= 2 * limits.turnWork, `after ${place} messages`);
    assert.deepEqual(
      told.filter((each) => each !== "brief"),
      numbered(200),
    );
  });

  it("counts reads that fill the buffer as one turn", async () => {
    const [busy, brief] = clients as [RawClient, RawClient];
    const long = Buffer.alloc(10_000, 0x61).toString("latin1");
    const count = 4 * limits.turnWork;
    for (let index = 0; index < count; index++) busy.send(message(long));
    brief.send(message("brief"));
    await Promise.all([busy.sync(), brief.sync()]);
    assert.ok(told.indexOf("brief") <= 2 * limits.turnWork);
    assert.equal(told.length, count + 1);
  });

  it("handles all that came before a connection's end, in order", async () => {
    const [busy] = clients as [RawClient, RawClient];
    for (const text of numbered(500)) busy.send(message(text));
    busy.socket.end();
    await busy.closed;
    while (told.at(-1) !== "closed") await new Promise((resolve) => setImmediate(resolve));
    assert.deepEqual(told, [...numbered(500), "closed"]);
  });

  it("tells nothing more of what waits once a connection is ended", async () => {
    const [busy] = clients as [RawClient, RawClient];
    busy.send(...numbered(500).map((text) => message(text)));
    while (told.length === 0) await new Promise((resolve) => setImmediate(resolve));
    await edge.close();
    assert.ok(told.length < 500, `${told.length} told`);
    await new Promise((resolve) => setTimeout(resolve, 2 * limits.restMs));
    assert.deepEqual(told.slice(-2), ["closed", "closed"]);
  });

  it("tells of the calls of a lost connection by and by, and serves others meanwhile", async () => {
    const [lost, brief] = clients as [RawClient, RawClient];
    lost.send(...requests(200));
    await lost.sync();
    lost.close();
    brief.send(message("brief"));
    await brief.sync();
    const place = told.indexOf("brief");
    assert.ok(place >= 0 && place <= 3 * limits.turnWork, `after ${place} ends`);
    while (told.length < 202) await new Promise((resolve) => setImmediate(resolve));
    assert.equal(told.filter((each) => each === "closed").length, 201);
  });

  it("tells of every call of a connection it ended itself, though its client stays", async () => {
    const [faulty] = clients as [RawClient, RawClient];
    faulty.send(...requests(200));
    await faulty.sync();
    faulty.socket.pause();
    faulty.send(frame(frameType.ping, 0, 0, Buffer.alloc(1)));
    while (told.length < 201) await new Promise((resolve) => setImmediate(resolve));
    assert.deepEqual(new Set(told), new Set(["closed"]));
  });

  it("serves a connection with many calls that say nothing at a slow pace", async () => {
    const [silent, brief] = clients as [RawClient, RawClient];
    const slowMs = elapsedMs(async () => {
      silent.send(...requests(limits.silentCalls + 2 * limits.turnWork));
      await silent.sync();
    });
    const briefMs = await elapsedMs(() => brief.sync());
    assert.ok(briefMs < (await slowMs));
    assert.ok((await slowMs) >= limits.restMs, `${await slowMs} ms`);
  });

  it("serves as many calls that speak without a rest", async () => {
    const [busy] = clients as [RawClient, RawClient];
    const count = limits.silentCalls + 2 * limits.turnWork;
    const ms = await elapsedMs(async () => {
      busy.send(...requests(count, (id) => message("word", id)));
      await busy.sync();
    });
    assert.equal(told.length, count);
    // Each of the turns it takes would end in a rest.
    assert.ok(ms < ((2 * count) / limits.turnWork / 2) * limits.restMs, `${ms} ms`);
  });

  it("serves a connection at a slow pace that asks with too long a header list", async () => {
    const [greedy] = clients as [RawClient, RawClient];
    const long = Buffer.concat([Buffer.from([0x40, 1, 0x61]), stringLiteral("b".repeat(4_000))]);
    const ask = (id: number, more: Buffer) =>
      frame(frameType.headers, flag.endHeaders, id, Buffer.concat([callBlock(path), more]));
    const ms = await elapsedMs(async () => {
      greedy.send(ask(3, long), ask(5, Buffer.alloc(20, 0xbe)));
      await greedy.sync();
      await greedy.sync();
    });
    // Timers may be a millisecond early.
    assert.ok(ms >= limits.restMs - 5, `${ms} ms`);
  });

  it("keeps long messages apart whose pieces come in turns", async () => {
    const [client] = clients as [RawClient, RawClient];
    client.send(frame(frameType.headers, flag.endHeaders, 3, callBlock(path)));
    const sent: string[] = [];
    for (let round = 0; round < 4; round++) {
      const texts = [1, 3].map((id) => String.fromCharCode(97 + 2 * round + (id >> 1)).repeat(150_000));
      const wires = texts.map((text) => grpcMessage(Buffer.from(text, "latin1")));
      for (let at = 0; at < 160_000; at += 16_000)
        for (const [index, wire] of wires.entries())
          client.send(frame(frameType.data, 0, 2 * index + 1, wire.subarray(at, at + 16_000)));
      sent.push(...texts);
    }
    await client.sync();
    assert.deepEqual(
      told.map((text) => text.slice(0, 5)),
      sent.map((text) => text.slice(0, 5)),
    );
    assert.deepEqual(told, sent);
  });
});
