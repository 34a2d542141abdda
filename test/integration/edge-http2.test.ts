import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { type Edge, type EdgeAddress, type EdgeStream, grpcStatus } from "../../src/edge/edge.ts";
import { clientPreface, errorCode, flag, frameType } from "../../src/edge/http2/frame.ts";
import { createHttp2Edge } from "../../src/edge/http2/http2-edge.ts";
import { type Http2Limits, http2Limits } from "../../src/edge/http2/limits.ts";
import { briefFloods } from "../support/edge/brief-floods.ts";
import {
  callBlock,
  clientStart,
  frame,
  grpcMessage,
  literalBlock,
  uint32,
} from "../support/edge/h2-frames.ts";
import { RawClient } from "../support/edge/h2-raw-client.ts";

const few = { burst: 20, perSecond: 1 };
const limits: Http2Limits = {
  ...http2Limits,
  connections: 3,
  heldBytes: 100_000,
  streams: 5,
  uselessStreams: few,
  pings: few,
  settings: few,
  emptyFrames: few,
  ignoredFrames: few,
  windowUpdates: few,
  controlFramesPerDataFrame: 0,
  continuationFrames: 4,
  headerBlockBytes: 20_000,
  headerListBytes: 10_000,
  streamWindowBytes: 100_000,
  connectionWindowBytes: 100_000,
  incompleteMessageBytes: 50_000,
  queuedBytes: 60_000,
  handshakeTimeoutMs: 60,
  headerBlockTimeoutMs: 60,
  messageTimeoutMs: 60,
  writeStallTimeoutMs: 60,
  keepaliveIntervalMs: 200,
  keepaliveTimeoutMs: 60,
  tickMs: 20,
};

const path = "/test.Raw/Call";
const maxMessageBytes = 40_000;

describe("HTTP/2 edge, frame by frame", { timeout: 30_000 }, () => {
  let folder: string;
  let edge: Edge;
  let address: EdgeAddress;
  let client: RawClient;
  let streams: EdgeStream[];
  let events: string[];

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), "edge-"));
    streams = [];
    events = [];
    edge = createHttp2Edge(
      [
        {
          path,
          open(stream, metadata) {
            streams.push(stream);
            events.push(`open ${metadata("x-a") ?? ""}`.trim());
            return {
              message: (bytes) => void events.push(`message ${bytes.length}`),
              halfClosed: () => void events.push("halfClosed"),
              closed: () => void events.push("closed"),
            };
          },
        },
      ],
      { maxMessageBytes },
      limits,
    );
    address = await edge.listen({ kind: "unix", path: join(folder, "edge.sock") });
    client = new RawClient(address);
    client.send(clientStart);
  });

  afterEach(async () => {
    client.close();
    await edge.close();
    rmSync(folder, { recursive: true });
  });

  const headers = (id: number, flags = 0, extra: readonly (readonly [string, string])[] = []) =>
    frame(frameType.headers, flag.endHeaders | flags, id, callBlock(path, extra));
  const data = (id: number, payload: Uint8Array, flags = 0) => frame(frameType.data, flags, id, payload);
  const windowUpdate = (id: number, bytes: number) => frame(frameType.windowUpdate, 0, id, uint32(bytes));
  const initialWindow = (bytes: number) =>
    frame(frameType.settings, 0, 0, Buffer.concat([Buffer.from([0, 4]), uint32(bytes)]));

  describe("floods end the connection with ENHANCE_YOUR_CALM", () => {
    for (const [name, bytes] of Object.entries(briefFloods(path)))
      it(name, async () => {
        client.send(bytes);
        assert.equal(await client.goawayCode(), errorCode.enhanceYourCalm);
        await client.closed;
        assert.equal(
          events.filter((event) => event.startsWith("open")).length,
          events.filter((event) => event === "closed").length,
        );
      });
  });

  it("does not count resets of calls that were answered", async () => {
    for (let index = 0; index < 50; index++) {
      const id = index * 2 + 1;
      client.send(headers(id), data(id, grpcMessage(Buffer.from("x"))));
      while (streams.length <= index) await new Promise((resolve) => setImmediate(resolve));
      streams[index]!.send(Buffer.from("answer"));
      await client.find((each) => each.type === frameType.data && each.streamId === id);
      client.send(data(id, Buffer.alloc(0), flag.endStream), frame(frameType.rstStream, 0, id, uint32(8)));
    }
    await client.sync();
    for (const event of ["open", "message 1", "halfClosed", "closed"])
      assert.equal(events.filter((each) => each === event).length, 50, event);
  });

  it("does not count resets of calls that it ended itself, one for each", async () => {
    for (let index = 0; index < 50; index++) {
      const id = index * 2 + 1;
      client.send(headers(id, flag.endStream));
      while (streams.length <= index) await new Promise((resolve) => setImmediate(resolve));
      streams[index]!.end();
      await client.find((each) => each.type === frameType.headers && each.streamId === id);
      client.send(frame(frameType.rstStream, 0, id, uint32(8)));
    }
    await client.sync();
    for (let index = 0; index < 30; index++) client.send(frame(frameType.rstStream, 0, 1, uint32(8)));
    assert.equal(await client.goawayCode(), errorCode.enhanceYourCalm);
  });

  it("answers a header list over its limit with RESOURCE_EXHAUSTED and keeps the connection", async () => {
    const big: [string, string][] = Array.from({ length: 4 }, (_, index) => [
      `x-${index}`,
      "v".repeat(3_000),
    ]);
    client.send(headers(1, 0, big));
    const answer = await client.find((each) => each.streamId === 1);
    assert.match(answer!.payload.toString("latin1"), /grpc-status.8/);
    client.send(headers(3, 0, [["x-a", "small"]]));
    await client.sync();
    assert.deepEqual(events, ["open small"]);
  });

  it("refuses a compressed message with UNIMPLEMENTED and a broken prefix with INTERNAL", async () => {
    client.send(headers(1), data(1, Buffer.from([1, 0, 0, 0, 1, 0])));
    client.send(headers(3), data(3, Buffer.from([2, 0, 0, 0, 1, 0])));
    const status = async (id: number) =>
      (await client.find(
        (each) => each.streamId === id && each.type === frameType.headers,
      ))!.payload.toString("latin1");
    assert.match(await status(1), /grpc-status.12/);
    assert.match(await status(3), /grpc-status.13/);
    assert.equal(await client.resetCode(1), errorCode.noError);
  });

  it("refuses a message over the limit before its bytes come", async () => {
    client.send(headers(1), data(1, Buffer.concat([Buffer.from([0]), uint32(maxMessageBytes + 1)])));
    const answer = await client.find((each) => each.streamId === 1);
    assert.match(answer!.payload.toString("latin1"), /grpc-status.8.*40001 bytes/s);
  });

  it("fails a call that ends inside a message, or with another content-length than it named", async () => {
    client.send(headers(1), data(1, Buffer.from([0, 0, 0]), flag.endStream));
    client.send(
      headers(3, 0, [["content-length", "7"]]),
      data(3, grpcMessage(Buffer.from("x")), flag.endStream),
    );
    client.send(headers(5, 0, [["content-length", "5"]]), data(5, grpcMessage(Buffer.from("x"))));
    const answer = await client.find((each) => each.streamId === 1);
    assert.match(answer!.payload.toString("latin1"), /grpc-status.13/);
    assert.equal(await client.resetCode(3), errorCode.protocolError);
    assert.equal(await client.resetCode(5), errorCode.protocolError);
  });

  it("answers what is no gRPC call by HTTP status, without asking any method", async () => {
    const block = (fields: [string, string][]) =>
      frame(
        frameType.headers,
        flag.endHeaders | flag.endStream,
        1,
        literalBlock([[":scheme", "http"], [":path", path], ...fields]),
      );
    client.send(block([[":method", "GET"]]));
    assert.match(
      (await client.find((each) => each.streamId === 1))!.payload.toString("latin1"),
      /:status.405/,
    );
    const other = new RawClient(address).send(
      clientStart,
      block([
        [":method", "POST"],
        ["content-type", "application/json"],
      ]),
    );
    assert.match(
      (await other.find((each) => each.streamId === 1))!.payload.toString("latin1"),
      /:status.415/,
    );
    other.close();
    assert.deepEqual(events, []);
  });

  it("sends no more than the stream's window, and goes on when it widens", async () => {
    client.send(initialWindow(10), headers(1));
    await client.sync();
    streams[0]!.send(Buffer.from("0123456789"));
    streams[0]!.end();
    await client.sync();
    assert.equal(client.data(1).length, 10);
    assert.equal(events.at(-1), "open");
    client.send(windowUpdate(1, 3));
    await client.sync();
    assert.equal(client.data(1).length, 13);
    client.send(initialWindow(12));
    await client.find((each) => each.type === frameType.headers && (each.flags & flag.endStream) !== 0);
    assert.deepEqual(client.data(1), grpcMessage(Buffer.from("0123456789")));
  });

  it("sends nothing on a window that SETTINGS made negative", async () => {
    client.send(initialWindow(20), headers(1));
    await client.sync();
    streams[0]!.send(Buffer.from("0123456789"));
    client.send(initialWindow(2));
    await client.sync();
    streams[0]!.send(Buffer.from("x"));
    client.send(windowUpdate(1, 13));
    await client.sync();
    assert.equal(client.data(1).length, 15);
    client.send(windowUpdate(1, 1));
    await client.find((each) => each.type === frameType.data && each.payload.length === 1);
  });

  it("shares the connection's window between streams in turn", async () => {
    client.send(initialWindow(1 << 20), headers(1), headers(3));
    await client.sync();
    const half = Buffer.alloc(16_384 * 2 - 5);
    streams[0]!.send(half);
    streams[1]!.send(half);
    await client.sync();
    assert.equal(client.data(1).length, 32_768);
    assert.equal(client.data(3).length, 32_767);
    streams[0]!.send(Buffer.alloc(20_000));
    client.send(windowUpdate(0, 1 + 32_768));
    await client.find((each) => each.type === frameType.data && each.payload.length === 1);
    await client.sync();
    assert.equal(client.data(1).length + client.data(3).length, 65_536 + 20_005);
  });

  it("gives windows back as it receives, and refuses more than they allow", async () => {
    client.send(headers(1));
    const message = grpcMessage(Buffer.alloc(16_000));
    for (let index = 0; index < 4; index++) client.send(data(1, message));
    const update = await client.find((each) => each.type === frameType.windowUpdate && each.streamId === 1);
    assert.equal(update!.payload.readUInt32BE(0), 4 * 16_005);
    assert.ok(client.frames.some((each) => each.type === frameType.windowUpdate && each.streamId === 0));
    assert.equal(events.length, 5);
  });

  it("gives a paused call's window back once it is resumed, and others' meanwhile", async () => {
    client.send(headers(1), headers(3));
    await client.sync();
    const updated = (id: number): boolean =>
      client.frames.some((each) => each.type === frameType.windowUpdate && each.streamId === id);
    const half = Array.from({ length: 4 }, () => grpcMessage(Buffer.alloc(14_000)));
    const begun = grpcMessage(Buffer.alloc(30_000)).subarray(0, 15_000);
    streams[0]!.pause();
    client.send(...half.map((each) => data(1, each)));
    await client.sync();
    assert.equal(updated(1), false);
    client.send(...half.map((each) => data(3, each)));
    await client.find((each) => each.type === frameType.windowUpdate && each.streamId === 3);
    // A message that waits for its call's window may take longer than others.
    client.send(data(1, begun));
    for (let turn = 0; turn < 3; turn++) {
      await new Promise((resolve) => setTimeout(resolve, limits.messageTimeoutMs));
      await client.sync();
    }
    assert.equal(events.includes("closed"), false);
    streams[0]!.resume();
    const update = await client.find((each) => each.type === frameType.windowUpdate && each.streamId === 1);
    assert.equal(update!.payload.readUInt32BE(0), 4 * 14_005 + 15_000);
  });

  it("resets a stream that is told more than its window holds, and refuses a window too wide", async () => {
    client.send(headers(1), windowUpdate(1, 0x7fff_ffff));
    assert.equal(await client.resetCode(1), errorCode.flowControlError);
    client.send(windowUpdate(0, 0x7fff_ffff));
    assert.equal(await client.goawayCode(), errorCode.flowControlError);
  });

  it("refuses streams beyond the number allowed and serves again when there is room", async () => {
    for (let index = 0; index < 6; index++) client.send(headers(index * 2 + 1));
    assert.equal(await client.resetCode(11), errorCode.refusedStream);
    streams[0]!.end();
    await client.resetCode(1);
    client.send(headers(13));
    await client.sync();
    assert.equal(streams.length, 6);
  });

  it("fails the call that makes incomplete messages too many", async () => {
    const part = Buffer.concat([Buffer.from([0]), uint32(40_000), Buffer.alloc(15_000)]);
    for (const id of [1, 3]) client.send(headers(id), data(id, part));
    const failed = await client.find((each) => each.type === frameType.headers);
    assert.equal(failed!.streamId, 3);
    assert.match(failed!.payload.toString("latin1"), /grpc-status.8/);
  });

  it("ends the connection that holds the most once all together hold too much", async () => {
    const modest = new RawClient(address).send(clientStart);
    const part = Buffer.concat([Buffer.from([0]), uint32(40_000), Buffer.alloc(15_000)]);
    modest.send(headers(1), data(1, part));
    await modest.sync();
    client.send(headers(1), data(1, part), headers(3), headers(5), headers(7));
    assert.equal(await client.goawayCode(), errorCode.enhanceYourCalm);
    await modest.sync();
    assert.equal(events.filter((event) => event === "closed").length, 4);
    modest.close();
  });

  it("resets a call whose message does not come to its end", async () => {
    client.send(headers(1), data(1, Buffer.from([0, 0])));
    client.send(headers(3), data(3, Buffer.from([0, 0, 0, 0, 3, 1])));
    assert.equal(await client.resetCode(1), errorCode.cancel);
    assert.equal(await client.resetCode(3), errorCode.cancel);
    await client.sync();
    assert.deepEqual(events, ["open", "open", "closed", "closed"]);
  });

  it("ends a connection whose header block does not come to its end", async () => {
    client.send(frame(frameType.headers, 0, 1));
    assert.equal(await client.goawayCode(), errorCode.enhanceYourCalm);
  });

  it("ends a connection that says nothing, or no more than the preface", async () => {
    const mute = new RawClient(address);
    const shy = new RawClient(address).send(clientPreface);
    await Promise.all([mute.closed, shy.closed]);
    await client.sync();
  });

  it("lets a connection that says nothing give way to one that does", async () => {
    await client.sync();
    const mute = [new RawClient(address), new RawClient(address)];
    await Promise.all(mute.map((each) => once(each.socket, "connect")));
    const next = new RawClient(address).send(clientStart);
    await mute[0]!.closed;
    await next.sync();
    next.close();
    mute[1]!.close();
  });

  it("asks a silent connection by PING and ends it when no answer comes", async () => {
    const started = performance.now();
    const ping = await client.find((each) => each.type === frameType.ping && (each.flags & flag.ack) === 0);
    assert.notEqual(ping, undefined);
    await client.closed;
    assert.ok(performance.now() - started >= limits.keepaliveIntervalMs);
  });

  it("ends a connection that takes no answers, once they pile up", async () => {
    client.send(initialWindow(0), headers(1));
    await client.sync();
    for (let index = 0; index < 10; index++) streams[0]!.send(Buffer.alloc(10_000));
    assert.equal(await client.goawayCode(), errorCode.enhanceYourCalm);
    await client.closed;
    assert.equal(events.at(-1), "closed");
  });

  it("ends a connection that does not read from its socket", async () => {
    client.send(initialWindow(0x7fff_ffff), windowUpdate(0, 0x7fff_0000), headers(1));
    await client.sync();
    client.socket.pause();
    // More than any socket buffers, and less at a time than what may wait.
    const timer = setInterval(() => streams[0]!.send(Buffer.alloc(30_000)), 1);
    while (!events.includes("closed")) await new Promise((resolve) => setTimeout(resolve, 5));
    clearInterval(timer);
  });

  it("lets late frames of a call it ended pass, and tells the client that it need not go on", async () => {
    client.send(headers(1));
    await client.sync();
    streams[0]!.fail(grpcStatus.unavailable, "enough");
    assert.equal(await client.resetCode(1), errorCode.noError);
    client.send(data(1, grpcMessage(Buffer.from("late"))), windowUpdate(1, 5));
    client.send(
      frame(frameType.headers, flag.endHeaders | flag.endStream, 1, literalBlock([["x-late", "1"]])),
    );
    await client.sync();
    client.send(data(1, Buffer.from("after its end")));
    await client.find(
      (each) => each.type === frameType.rstStream && each.payload.readUInt32BE(0) === errorCode.streamClosed,
    );
    assert.deepEqual(events, ["open", "closed"]);
  });

  it("drains in two steps: served until the client knows, refused after", async () => {
    client.send(headers(1));
    await client.sync();
    const drained = edge.drain(10_000);
    const notice = await client.find((each) => each.type === frameType.goaway);
    assert.equal(notice!.payload.readUInt32BE(0), 0x7fff_ffff);
    const ping = await client.find((each) => each.type === frameType.ping && (each.flags & flag.ack) === 0);
    client.send(headers(3), frame(frameType.ping, flag.ack, 0, ping!.payload));
    const last = await client.find((each) => each.type === frameType.goaway && each !== notice);
    assert.equal(last!.payload.readUInt32BE(0), 3);
    client.send(headers(5));
    assert.equal(await client.resetCode(5), errorCode.refusedStream);
    for (const stream of streams) stream.end();
    await client.closed;
    await drained;
    assert.equal(streams.length, 2);
  });
});
