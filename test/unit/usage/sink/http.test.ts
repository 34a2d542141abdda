import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { systemClock } from "../../../../src/core/clock.ts";
import { uuidv7 } from "../../../../src/core/uuid.ts";
import { openUsageLog } from "../../../../src/usage/log.ts";
import { serialise } from "../../../../src/usage/record.ts";
import { startDelivery } from "../../../../src/usage/sink/delivery.ts";
import { http } from "../../../../src/usage/sink/http.ts";
import type { Sink } from "../../../../src/usage/sink/sink.ts";
import { DeliveryError } from "../../../../src/usage/sink/sink.ts";
import { kindContext } from "../../../support/core/kind-context.ts";
import { fullRecord } from "../../../support/usage/usage-records.ts";

type Answer = (request: IncomingMessage, body: string, response: ServerResponse) => void;

let server: Server;
let url = "";
let answer: Answer = (_request, _body, response) => response.end();

beforeEach(async () => {
  server = createServer((request, response) => {
    let body = "";
    request.setEncoding("utf8");
    request.on("data", (chunk: string) => {
      body += chunk;
    });
    request.on("end", () => answer(request, body, response));
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/events`;
});
afterEach(async () => {
  server.closeAllConnections();
  await new Promise((closed) => server.close(closed));
});

function sinkOf(section: Record<string, unknown>): Sink {
  return http.create(http.schema.parse({ type: "http", url, ...section }) as never, kindContext());
}
const never = new AbortController().signal;

describe("the http sink", () => {
  it("posts CloudEvents whose id is the exchange's, with its token", async () => {
    let seen: { request: IncomingMessage; body: string } | undefined;
    answer = (request, body, response) => {
      seen = { request, body };
      response.writeHead(202).end();
    };
    await sinkOf({ token: "secret" }).deliver([{ ...fullRecord }], never);
    assert.equal(seen?.request.method, "POST");
    assert.equal(seen?.request.headers["content-type"], "application/cloudevents-batch+json");
    assert.equal(seen?.request.headers.authorization, "Bearer secret");
    assert.deepEqual(JSON.parse(seen?.body ?? ""), [
      {
        specversion: "1.0",
        id: fullRecord.exchange_id,
        source: "tollgate",
        type: "tollgate.usage.v1",
        subject: "acme",
        time: fullRecord.time,
        datacontenttype: "application/json",
        dataschema: "urn:tollgate:usage.v1",
        data: fullRecord,
      },
    ]);
  });

  it("posts plain lines where asked", async () => {
    let body = "";
    answer = (_request, received, response) => {
      body = received;
      response.end();
    };
    await sinkOf({ format: "ndjson" }).deliver([{ n: 1 }, { n: 2 }], never);
    assert.equal(body, '{"n":1}\n{"n":2}\n');
  });

  for (const [status, code] of [
    [400, "invalid_request"],
    [413, "invalid_request"],
    [401, "upstream_unavailable"],
    [503, "upstream_unavailable"],
    [302, "upstream_unavailable"],
  ] as const)
    it(`takes ${status} for ${code}`, async () => {
      answer = (_request, _body, response) =>
        response.writeHead(status, { location: "/", "retry-after": "7" }).end();
      await assert.rejects(sinkOf({ token: "secret" }).deliver([{ n: 1 }], never), (error: Error) => {
        assert.equal((error as { code?: string }).code, code);
        assert.doesNotMatch(error.message, /secret/);
        return true;
      });
    });

  for (const [header, value, leastMs, mostMs] of [
    ["retry-after", "7", 7_000, 7_000],
    ["retry-after-ms", "1500", 1_500, 1_500],
    ["retry-after", new Date(Date.now() + 120_000).toUTCString(), 1, 120_000],
  ] as const)
    it(`takes how long a receiver asks to be left alone from ${header}: ${value}`, async () => {
      answer = (_request, _body, response) => response.writeHead(503, { [header]: value }).end();
      await assert.rejects(sinkOf({}).deliver([{ n: 1 }], never), (error) => {
        assert.ok(error instanceof DeliveryError && error.askedWaitMs !== undefined);
        assert.ok(error.askedWaitMs >= leastMs && error.askedWaitMs <= mostMs, `${error.askedWaitMs}`);
        return true;
      });
    });

  it("rejects where nobody answers, and when told to stop", async () => {
    answer = (request) => request.socket.destroy();
    await assert.rejects(sinkOf({}).deliver([{ n: 1 }], never), /no answer/);
    const stop = new AbortController();
    answer = () => stop.abort();
    await assert.rejects(sinkOf({}).deliver([{ n: 1 }], stop.signal), /no answer/);
  });
});

describe("a receiver that is down while the gateway works", () => {
  it("gets every record, with its id, once it is back", async () => {
    const folder = await mkdtemp(join(tmpdir(), "tollgate-sink-"));
    const received = new Set<string>();
    let isDown = true;
    answer = (request, body, response) => {
      if (isDown) return void request.socket.destroy();
      for (const event of JSON.parse(body)) received.add(event.id);
      response.end();
    };
    const log = await openUsageLog({
      folder,
      clock: systemClock,
      fsyncIntervalMs: 5,
      segmentBytes: 1_000_000,
    });
    const delivery = startDelivery({ folder, sink: sinkOf({}), pollMs: 5, retryMinMs: 1, retryMaxMs: 20 });
    const ids: string[] = [];
    const work = (records: number) => {
      for (let n = 0; n < records; n++) {
        const exchange_id = uuidv7(systemClock.nowMs());
        ids.push(exchange_id);
        assert.ok(log.append(serialise({ ...fullRecord, exchange_id })));
      }
      return log.flush();
    };
    await work(1_000);
    await work(2_000);
    while (delivery.health().failures < 3) await new Promise((done) => setTimeout(done, 5));
    assert.equal(delivery.health().state, "retrying");
    assert.ok(delivery.health().waitingBytes > 1_000_000);
    assert.equal(received.size, 0);
    isDown = false;
    await work(500);
    while (delivery.health().deliveredRecords < ids.length) await new Promise((done) => setTimeout(done, 5));
    assert.deepEqual([...received].sort(), ids.toSorted());
    await delivery.close();
    await log.close();
    await rm(folder, { recursive: true });
  });
});
