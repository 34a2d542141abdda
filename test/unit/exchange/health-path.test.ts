import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { headersOf } from "../../../src/core/headers.ts";
import { open } from "../../../src/exchange/open/opening.ts";
import { MemoryLedger } from "../../../src/ledger/memory.ts";
import { manualClock } from "../../support/core/manual-clock.ts";
import { exchangesOn, snapshotOf } from "../../support/exchange/exchanges.ts";

const config = (listen: string) => `
version: 1
${listen}
backends: { a: { provider: openai-compatible, endpoint: "http://127.0.0.1:9900/v1", price: { input: 1, output: 2 } } }
models: { m: { targets: [a/m] } }
identity: [{ type: anonymous, tenant_id: local }]
`;

describe("a probe on the listener", () => {
  const clock = manualClock("2026-08-03T12:00:00Z");
  const statusOf = async (path: string, isReady: boolean, listen = "") => {
    const snapshot = snapshotOf(config(listen));
    const { services } = exchangesOn(snapshot, new MemoryLedger({ clock }), clock);
    const head = { method: "GET", path, headers: headersOf({}), endOfStream: true };
    const opened = await open({ ...services, isReady: () => isReady }, snapshot, head);
    return opened.kind === "reply" ? opened.reply.status : undefined;
  };

  it("is answered 200 while the gateway takes requests, and 503 while it drains or cannot keep accounts", async () => {
    assert.equal(await statusOf("/healthz", true), 200);
    assert.equal(await statusOf("/healthz?from=alb", true), 200);
    assert.equal(await statusOf("/healthz", false), 503);
  });

  it("is asked at the path of the config", async () => {
    const listen = "listen: { healthPath: /-/ready }";
    assert.equal(await statusOf("/-/ready", true, listen), 200);
    assert.equal(await statusOf("/healthz", true, listen), 404);
  });
});
