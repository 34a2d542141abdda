import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { connect as connectHttp2 } from "node:http2";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import {
  type Edge,
  type EdgeAddress,
  type EdgeFactory,
  type EdgeHandler,
  type EdgeMethod,
  type EdgeStream,
  grpcStatus,
} from "../../src/edge/edge.ts";
import { createHealth } from "../../src/edge/health.ts";
import { BytesClient } from "../support/edge/grpc-client.ts";
import { grpcMessage } from "../support/edge/h2-frames.ts";
import { leaveSocketBehind } from "../support/edge/left-socket.ts";

const echoPath = "/test.Echo/Echo";
const maxMessageBytes = 6 << 20;

/** One call as the service saw it. */
interface Seen {
  readonly stream: EdgeStream;
  readonly events: string[];
  readonly metadata: (name: string) => string | undefined;
  readonly closed: Promise<void>;
}

/** The promises every edge keeps, whichever implementation of HTTP/2 is behind it. */
export function edgeConformance(name: string, create: EdgeFactory): void {
  describe(`edge ${name}`, { timeout: 60_000 }, () => {
    let folder: string;
    let edge: Edge;
    let address: EdgeAddress;
    let client: BytesClient;
    let seen: Seen[];
    let waiting: ((call: Seen) => void)[];
    const health = createHealth(["test.Echo"]);

    const nextCall = () => new Promise<Seen>((resolve) => waiting.push(resolve));
    const echo = watched((stream, events) => ({
      message(bytes) {
        events.push(`message ${bytes.length}`);
        stream.send(Buffer.from(bytes));
      },
      halfClosed() {
        events.push("halfClosed");
        stream.end();
      },
    }));
    /** Does nothing by itself: the test drives the stream. */
    const silent = watched((_, events) => ({
      message: (bytes) => void events.push(`message ${bytes.length}`),
      halfClosed: () => void events.push("halfClosed"),
    }));

    function watched(
      make: (stream: EdgeStream, events: string[]) => Omit<EdgeHandler, "closed">,
    ): EdgeMethod["open"] {
      return (stream, metadata) => {
        const events: string[] = [];
        let close = () => {};
        const call: Seen = {
          stream,
          events,
          metadata,
          closed: new Promise((resolve) => {
            close = resolve;
          }),
        };
        seen.push(call);
        waiting.shift()?.(call);
        const closed = () => {
          events.push("closed");
          close();
        };
        return { ...make(stream, events), closed };
      };
    }

    const methods: EdgeMethod[] = [
      { path: echoPath, open: echo },
      { path: "/test.Echo/Silent", open: silent },
      {
        path: "/test.Echo/Fail",
        open: watched((stream) => ({
          message: () => stream.fail(grpcStatus.invalidArgument, "nein, größer als 100 %\n"),
          halfClosed() {},
        })),
      },
      {
        path: "/test.Echo/Once",
        open: watched((stream, events) => ({
          message(bytes) {
            events.push(`message ${bytes.length}`);
            stream.send(Buffer.from(bytes));
            stream.end();
            stream.send(Buffer.from("too late"));
            stream.fail(grpcStatus.internal, "too late");
          },
          halfClosed: () => void events.push("halfClosed"),
        })),
      },
      ...health.methods,
    ];

    beforeEach(async () => {
      folder = mkdtempSync(join(tmpdir(), "edge-"));
      seen = [];
      waiting = [];
      edge = create(methods, { maxMessageBytes });
      address = await edge.listen({ kind: "unix", path: join(folder, "edge.sock") });
      client = new BytesClient(address);
    });

    afterEach(async () => {
      client.close();
      await edge.close();
      rmSync(folder, { recursive: true });
    });

    it("answers messages in order and ends with OK", async () => {
      const call = client.call(echoPath);
      for (const text of ["one", "", "three"]) call.send(Buffer.from(text));
      call.end();
      const status = await call.status;
      assert.equal(status.code, grpcStatus.ok);
      assert.deepEqual(
        call.received.map((bytes) => bytes.toString()),
        ["one", "", "three"],
      );
      await seen[0]!.closed;
      assert.deepEqual(seen[0]!.events, ["message 3", "message 0", "message 5", "halfClosed", "closed"]);
    });

    it("listens on TCP at a port of the kernel's choice", async () => {
      const second = create(methods);
      const bound = await second.listen({ kind: "tcp", host: "127.0.0.1", port: 0 });
      assert.ok(bound.kind === "tcp" && bound.port > 0);
      const other = new BytesClient(bound);
      const call = other.call(echoPath).send(Buffer.from("over TCP")).end();
      assert.equal((await call.status).code, grpcStatus.ok);
      assert.equal(call.received[0]?.toString(), "over TCP");
      other.close();
      await second.close();
    });

    it("carries messages of every size both ways", async () => {
      const call = client.call(echoPath);
      const sizes = [1, 16_378, 16_379, 16_380, 65_535, 65_536, 1 << 20, 5 << 20];
      for (const [index, size] of sizes.entries()) {
        const bytes = Buffer.alloc(size, index + 1);
        call.send(bytes);
        assert.ok((await call.message(index)).equals(bytes), `message of ${size} bytes`);
      }
      assert.equal((await call.end().status).code, grpcStatus.ok);
    });

    it("keeps 200 calls apart", async () => {
      const calls = Array.from({ length: 200 }, (_, index) => ({ index, call: client.call(echoPath) }));
      for (let round = 0; round < 3; round++) {
        for (const { index, call } of calls) call.send(Buffer.from(`${index}/${round}`));
        for (const { index, call } of calls)
          assert.equal((await call.message(round)).toString(), `${index}/${round}`);
      }
      for (const { call } of calls) assert.equal((await call.end().status).code, grpcStatus.ok);
    });

    it("gives the client's metadata by name", async () => {
      const opened = nextCall();
      client.call("/test.Echo/Silent", { "x-worker": "3", "x-long": "v".repeat(4_000) });
      const { metadata } = await opened;
      assert.equal(metadata("x-worker"), "3");
      assert.equal(metadata("x-long"), "v".repeat(4_000));
      assert.equal(metadata("x-other"), undefined);
    });

    it("sends messages long after they were asked for", async () => {
      const opened = nextCall();
      const call = client.call("/test.Echo/Silent");
      const { stream } = await opened;
      stream.send(Buffer.from("first"));
      assert.equal((await call.message(0)).toString(), "first");
      await new Promise((resolve) => setTimeout(resolve, 20));
      stream.send(Buffer.from("second"));
      stream.end();
      assert.equal((await call.status).code, grpcStatus.ok);
      assert.equal(call.received[1]?.toString(), "second");
    });

    it("fails a call with status and message, also before any message", async () => {
      const call = client.call("/test.Echo/Fail").send(Buffer.from("x"));
      const status = await call.status;
      assert.equal(status.code, grpcStatus.invalidArgument);
      assert.equal(status.details, "nein, größer als 100 %\n");
      assert.equal(call.received.length, 0);
      await seen[0]!.closed;
      assert.deepEqual(seen[0]!.events, ["closed"]);
    });

    it("delivers what was sent before a failure", async () => {
      const opened = nextCall();
      const call = client.call("/test.Echo/Silent");
      const { stream } = await opened;
      stream.send(Buffer.from("before"));
      stream.fail(grpcStatus.unavailable, "going");
      const status = await call.status;
      assert.equal(status.code, grpcStatus.unavailable);
      assert.deepEqual(call.received.map(String), ["before"]);
    });

    it("lets the service end a call while the client still sends, and says nothing more to it", async () => {
      const call = client.call("/test.Echo/Once");
      for (let index = 0; index < 5; index++) call.send(Buffer.from("abc"));
      assert.equal((await call.status).code, grpcStatus.ok);
      assert.deepEqual(call.received.map(String), ["abc"]);
      await seen[0]!.closed;
      assert.deepEqual(seen[0]!.events, ["message 3", "closed"]);
      const next = client.call(echoPath).send(Buffer.from("still there")).end();
      assert.equal((await next.status).code, grpcStatus.ok);
    });

    it("answers an unknown path with UNIMPLEMENTED", async () => {
      const status = await client.call("/test.Echo/Nothing").send(Buffer.from("x")).status;
      assert.equal(status.code, grpcStatus.unimplemented);
    });

    it("refuses a message over the limit with RESOURCE_EXHAUSTED and keeps the connection", async () => {
      const call = client.call(echoPath).send(Buffer.alloc(maxMessageBytes + 1));
      assert.equal((await call.status).code, grpcStatus.resourceExhausted);
      await seen[0]!.closed;
      assert.deepEqual(seen[0]!.events, ["closed"]);
      const next = client.call(echoPath).send(Buffer.alloc(maxMessageBytes)).end();
      assert.equal((await next.status).code, grpcStatus.ok);
      assert.equal(next.received[0]?.length, maxMessageBytes);
    });

    it("tells the service that the client cancelled", async () => {
      const opened = nextCall();
      const call = client.call("/test.Echo/Silent").send(Buffer.from("x"));
      const served = await opened;
      call.stream.cancel();
      await served.closed;
      served.stream.send(Buffer.from("into the void"));
      served.stream.end();
      served.stream.fail(grpcStatus.internal, "into the void");
      assert.equal(served.events.filter((event) => event === "closed").length, 1);
      assert.equal(served.events.at(-1), "closed");
    });

    it("tells the service that the connection is gone", async () => {
      const opened = nextCall();
      const session = connectHttp2("http://localhost", { createConnection: () => dial(address) });
      session.on("error", () => undefined);
      const request = session.request(requestHeaders("/test.Echo/Silent"));
      request.on("error", () => undefined);
      const served = await opened;
      session.destroy();
      await served.closed;
      assert.equal(served.events.at(-1), "closed");
    });

    it("ends a call whose deadline has passed with DEADLINE_EXCEEDED", async () => {
      const session = connectHttp2("http://localhost", { createConnection: () => dial(address) });
      const request = session.request({ ...requestHeaders("/test.Echo/Silent"), "grpc-timeout": "50m" });
      let status: unknown;
      const read = (headers: Readonly<Record<string, unknown>>) => {
        status ??= headers["grpc-status"];
      };
      request.on("response", read);
      request.on("trailers", read);
      request.resume();
      await once(request, "end");
      assert.equal(Number(status), grpcStatus.deadlineExceeded);
      await seen[0]!.closed;
      request.on("error", () => undefined);
      session.destroy();
    });

    it("serves call after call that a client half-closes and resets at once, as Envoy ends its streams", async () => {
      const session = connectHttp2("http://localhost", { createConnection: () => dial(address) });
      session.on("error", () => undefined);
      // The stock HTTP/2 of Node closes a connection after a burst of 1,000 resets.
      const total = name === "grpc-js" ? 300 : 1_500;
      for (let index = 0; index < total; index++) {
        const request = session.request(requestHeaders(echoPath));
        request.on("error", () => undefined);
        request.write(grpcMessage(Buffer.from("abc")));
        await once(request, "data");
        request.end();
        request.close(8);
        await once(request, "close");
      }
      await Promise.all(seen.map((call) => call.closed));
      assert.equal(seen.length, total);
      for (const call of seen) assert.equal(call.events.filter((event) => event === "closed").length, 1);
      session.destroy();
    });

    it("waits for a client that reads slowly", async () => {
      const opened = nextCall();
      const call = client.call("/test.Echo/Silent");
      call.stream.pause();
      const { stream } = await opened;
      const parts = Array.from({ length: 40 }, (_, index) => Buffer.alloc(100_000, index));
      for (const part of parts) stream.send(Buffer.from(part));
      stream.end();
      await new Promise((resolve) => setTimeout(resolve, 50));
      call.stream.resume();
      assert.equal((await call.status).code, grpcStatus.ok);
      assert.ok(Buffer.concat(call.received).equals(Buffer.concat(parts)));
    });

    it("drains: finishes open calls, takes no new connection, and resolves", async () => {
      const opened = nextCall();
      const call = client.call("/test.Echo/Silent").send(Buffer.from("x"));
      const { stream } = await opened;
      const drained = edge.drain(30_000);
      await assert.rejects(once(dial(address), "connect"));
      stream.send(Buffer.from("last words"));
      stream.end();
      assert.equal((await call.status).code, grpcStatus.ok);
      assert.deepEqual(call.received.map(String), ["last words"]);
      await drained;
    });

    it("drains no longer than its deadline", async () => {
      const opened = nextCall();
      const call = client.call("/test.Echo/Silent");
      const served = await opened;
      await edge.drain(50);
      assert.notEqual((await call.status).code, grpcStatus.ok);
      await served.closed;
    });

    it("closes at once though it drains, which then resolves as well", async () => {
      const opened = nextCall();
      const call = client.call("/test.Echo/Silent");
      await opened;
      const drained = edge.drain(30_000);
      await edge.close();
      await drained;
      assert.notEqual((await call.status).code, grpcStatus.ok);
    });

    it("closes with calls open, and the address is free again", async () => {
      const opened = nextCall();
      const call = client.call("/test.Echo/Silent");
      const served = await opened;
      await edge.close();
      assert.notEqual((await call.status).code, grpcStatus.ok);
      await served.closed;
      const next = create(methods);
      await next.listen(address);
      await next.close();
    });

    it("refuses an address that is taken, and takes one whose owner died", async () => {
      const second = create(methods);
      await assert.rejects(second.listen(address));
      await second.close();
      const orphan = join(folder, "orphan.sock");
      await leaveSocketBehind(orphan);
      const third = create(methods);
      await third.listen({ kind: "unix", path: orphan });
      await third.close();
    });

    it("answers health checks and tells watchers of a change", async () => {
      const check = (service: Buffer) => client.call("/grpc.health.v1.Health/Check").send(service).end();
      const echoService = Buffer.from("\x0a\x09test.Echo");
      health.setServing(true);
      const watcher = client.call("/grpc.health.v1.Health/Watch").send(echoService).end();
      assert.deepEqual(await watcher.message(0), Buffer.from([8, 1]));
      health.setServing(false);
      assert.deepEqual(await watcher.message(1), Buffer.from([8, 2]));
      watcher.stream.cancel();
      const known = check(echoService);
      assert.equal((await known.status).code, grpcStatus.ok);
      assert.deepEqual(known.received[0], Buffer.from([8, 2]));
      assert.deepEqual(await check(Buffer.alloc(0)).message(0), Buffer.from([8, 2]));
      assert.equal((await check(Buffer.from("\x0a\x01x")).status).code, grpcStatus.notFound);
      assert.equal((await check(Buffer.from("\x0a\x05x")).status).code, grpcStatus.invalidArgument);
      assert.equal((await check(Buffer.from([0xff, 0xff])).status).code, grpcStatus.invalidArgument);
    });
  });
}

function dial(address: EdgeAddress) {
  return address.kind === "unix" ? connect(address.path) : connect(address.port, address.host);
}

function requestHeaders(path: string) {
  return { ":method": "POST", ":path": path, "content-type": "application/grpc", te: "trailers" };
}
