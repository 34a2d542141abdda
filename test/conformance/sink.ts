import assert from "node:assert/strict";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { DeliveryError, type Sink, type SinkKind } from "../../src/usage/sink/sink.ts";
import { kindContext } from "../support/core/kind-context.ts";
import { fullRecord } from "../support/usage/usage-records.ts";
import { refusesUnknownKeys, sampleSection } from "./section.ts";

const token = "conformance-token";
const never = new AbortController().signal;
const records = [1, 2, 3].map((n) => ({
  ...fullRecord,
  exchange_id: `01a2b3c4-0000-7000-8000-00000000000${n}`,
}));

/** A folder and an HTTP server that a sink under test may write to. */
interface Receiver {
  readonly url: string;
  readonly folder: string;
  /** How the server answers; undefined: never. */
  status: number | undefined;
  /** All that came to the server and lies in the folder. */
  received(): Promise<string>;
  close(): Promise<void>;
}

/** Asserts what every sink promises. */
export function sinkConformance(kind: SinkKind): void {
  describe(`the ${kind.type} sink`, () => {
    let receiver: Receiver;
    let sink: Sink;
    beforeEach(async () => {
      receiver = await startReceiver();
      sink = kind.create(sampleSection(kind.schema, valuesOf(kind, receiver)), kindContext());
    });
    afterEach(async () => {
      await sink.close?.();
      await receiver.close();
    });

    it("has a name that a cursor's file can have, and refuses keys that it does not know", () => {
      assert.match(sink.name, /^[A-Za-z0-9._-]{1,63}$/);
      assert.ok(refusesUnknownKeys(kind.schema, valuesOf(kind, receiver)));
    });

    it("resolves once each record has been received, also when they come again", async () => {
      await sink.deliver(records, never);
      await sink.deliver(records, never);
      const received = await receiver.received();
      for (const { exchange_id: id } of records) assert.ok(received.includes(id), id);
    });

    it("takes records for which delivery was called off before it began, or rejects", async () => {
      receiver.status = undefined;
      await sink.deliver(records, AbortSignal.abort()).catch(() => {});
    });

    if ("url" in kind.schema.shape) describeReceiver(() => ({ receiver, sink }));
  });
}

/** What every sink promises whose receiver is at a URL. */
function describeReceiver(under: () => { readonly receiver: Receiver; readonly sink: Sink }): void {
  it("tells records that will never be taken from those to be sent again", async () => {
    for (const [status, code] of [
      [400, "invalid_request"],
      [500, "upstream_unavailable"],
      [429, "upstream_unavailable"],
    ] as const) {
      const { receiver, sink } = under();
      receiver.status = status;
      await assert.rejects(sink.deliver(records, never), (error) => isDeliveryError(error, code));
    }
  });

  it("rejects when nobody is there, without its token in the message", async () => {
    const { receiver, sink } = under();
    await receiver.close();
    await assert.rejects(sink.deliver(records, never), (error) =>
      isDeliveryError(error, "upstream_unavailable"),
    );
  });

  it("stops waiting once delivery is called off", async () => {
    const { receiver, sink } = under();
    receiver.status = undefined;
    const stop = new AbortController();
    const delivered = assert.rejects(sink.deliver(records, stop.signal));
    stop.abort();
    await delivered;
  });
}

function isDeliveryError(error: unknown, code: string): boolean {
  assert.ok(error instanceof DeliveryError);
  assert.equal(error.code, code);
  assert.ok(!error.message.includes(token));
  return true;
}

/** A value for each key that a kind's section may need. A kind with another required key adds it here. */
function valuesOf(kind: SinkKind, { url, folder }: Receiver) {
  return { type: kind.type, name: "conformance", url, token, file: join(folder, "records.jsonl"), folder };
}

async function startReceiver(): Promise<Receiver> {
  const folder = await mkdtemp(join(tmpdir(), "tollgate-sink-"));
  let posted = "";
  const server = createServer((request, response) => {
    request.setEncoding("utf8");
    request.on("data", (chunk: string) => {
      posted += chunk;
    });
    request.on("end", () => {
      if (receiver.status !== undefined) response.writeHead(receiver.status).end();
    });
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const receiver: Receiver = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/records`,
    folder,
    status: 202,
    received: async () => {
      const names = await readdir(folder);
      return posted + (await Promise.all(names.map((name) => readFile(join(folder, name), "utf8")))).join("");
    },
    close: async () => {
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
      await rm(folder, { recursive: true, force: true });
    },
  };
  return receiver;
}
