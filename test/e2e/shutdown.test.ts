import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { systemClock } from "../../src/core/clock.ts";
import { openLocalLedger } from "../../src/ledger/local-ledger.ts";
import { ask, chatBody, send } from "../support/clients/chat.ts";
import { until } from "../support/core/until.ts";
import { describeOnEveryEdge } from "../support/edge/every-edge.ts";
import { balancesOf } from "../support/ledger/balance.ts";
import { totalBilled, totalRecorded } from "../support/ledger/bills.ts";
import { startTestStack } from "../support/stack/stack.ts";
import { createTestConfig, type TestConfig } from "../support/stack/test-config.ts";
import { isRunning, startTollgate, type TollgateProcess } from "../support/stack/tollgate-process.ts";
import { UsageFolder } from "../support/usage/usage-folder.ts";

const config = (drain: string): string => `
version: 1
listen: { address: "127.0.0.1:0" }
server: { address: "unix:./run/t.sock", drain: ${drain} }
admin: { address: "127.0.0.1:0" }
backends:
  alpha: { provider: openai-compatible, endpoint: "{{alpha}}/v1", apiKey: "\${env:ALPHA_KEY}", price: { input: 1, output: 1 } }
  beta: { provider: openai-compatible, endpoint: "{{beta}}/v1", apiKey: "\${env:BETA_KEY}", price: { input: 1, output: 1 } }
models:
  one: { targets: [alpha/model-a] }
  both: { targets: [alpha/model-a, beta/model-b] }
identity: [{ type: api-key, file: ./keys.yaml }]
budgets: [{ name: day, per: [tenant_id], usd: 100, window: day }]
`;

const stream = { model: "one", stream: true, max_tokens: 60 };
/** A stream of well over a second. */
const paced = { tokens: 60, tokenDelayMs: 25 };

/** Streams and a whole answer under way when `stop` is called, and a call whose first backend fails only then: all come to their end. */
async function finishThroughout(
  { alpha, beta }: Pick<TestConfig, "alpha" | "beta">,
  baseUrl: string,
  stop: () => Promise<unknown>,
): Promise<void> {
  alpha.setFaults({ status: 503, headerDelayMs: 2_500 }, 1);
  const falling = ask(baseUrl, chatBody({ model: "both" }));
  await until("the first backend has the call", () => alpha.received().length === 1);
  alpha.setFaults({ headerDelayMs: 600 }, 1);
  const whole = ask(baseUrl, chatBody({ model: "one" }));
  await until("the provider has the whole call", () => alpha.received().length === 2);
  alpha.setFaults(paced);
  const streams = Array.from({ length: 5 }, () => ask(baseUrl, chatBody(stream)));
  const running = () =>
    alpha
      .received()
      .slice(2)
      .filter(({ outputTokensWritten }) => outputTokensWritten > 3);
  await until("the streams run", () => running().length === streams.length);
  assert.equal(beta.received().length, 0);
  const stopped = stop();
  await delay(100);
  // Envoy still listens: whoever has not heard of the end yet is served.
  const late = ask(baseUrl, chatBody(stream));
  for (const { status, text } of await Promise.all([...streams, late])) {
    assert.equal(status, 200);
    assert.ok(text.trimEnd().endsWith("data: [DONE]"), text.slice(-200));
  }
  assert.equal((await whole).status, 200);
  assert.equal((await falling).headers.get("x-tollgate-backend"), "beta");
  await stopped;
}

/** So many records, all completed, whose costs together are the providers' bills. */
async function assertAllRecorded({ alpha, beta, snapshot }: TestConfigOf, exchanges: number): Promise<void> {
  const records = await new UsageFolder(snapshot.usageLog.folder).all();
  assert.equal(records.length, exchanges);
  for (const record of records) assert.equal(record.ending, "completed", JSON.stringify(record));
  assert.equal(totalRecorded(records), totalBilled(alpha, beta));
}

type TestConfigOf = Pick<TestConfig, "alpha" | "beta" | "snapshot">;

describeOnEveryEdge("stopping gateway and Envoy", (edge) => {
  const stops: (() => Promise<void>)[] = [];
  after(async () => {
    for (const stop of stops) await stop();
  });

  it("lets everything finish that runs, a fallback that begins then included", async () => {
    const context = { after: (stop: () => Promise<void>) => void stops.push(stop) };
    const stack = await startTestStack(context, { edge, config: config("10s") });
    await finishThroughout(stack, stack.baseUrl, () => stack.stop(10_000));
    await assertAllRecorded(stack, 8);
  });
});

describe("a tollgate that is told to end", () => {
  let prepared: TestConfig;
  let tollgate: TollgateProcess;

  /** A fresh one, with this long for running streams to finish. */
  async function start(drain: string): Promise<void> {
    prepared = await createTestConfig({ config: config(drain) });
    tollgate = await startTollgate(prepared);
  }
  async function finish(): Promise<void> {
    if (isRunning(tollgate.pid)) await tollgate.end("SIGKILL");
    if (isRunning(tollgate.envoyPid)) process.kill(tollgate.envoyPid, "SIGKILL");
    await prepared.close();
  }

  /** The ledger as the process left it: no hold open, and so much used. */
  async function assertLedger(used: bigint): Promise<void> {
    const { snapshot } = prepared;
    const ledger = await openLocalLedger({ folder: snapshot.ledger.folder, clock: systemClock });
    try {
      assert.deepEqual(ledger.lost, []);
      const [balance] = await balancesOf(ledger, snapshot, { tenant_id: "acme" });
      assert.equal(balance?.held, 0n);
      assert.equal(balance?.used, used);
    } finally {
      await ledger.close();
    }
  }

  function assertNothingRuns(): void {
    assert.equal(isRunning(tollgate.pid), false);
    assert.equal(isRunning(tollgate.envoyPid), false);
    for (const file of ["t.sock", "envoy.pid"])
      assert.equal(existsSync(join(prepared.folder, "run", file)), false, file);
  }

  describe("by SIGTERM", () => {
    before(() => start("20s"));
    after(finish);

    it("lets streams finish, writes every record, settles every hold, and leaves nothing running", async () => {
      await finishThroughout(prepared, tollgate.baseUrl, () => tollgate.end("SIGTERM"));
      assert.equal(await tollgate.ended, 0, tollgate.errors());
      assertNothingRuns();
      await assertAllRecorded(prepared, 8);
      await assertLedger(totalBilled(prepared.alpha, prepared.beta));
    });
  });

  describe("while a stream runs for longer than it may", () => {
    before(() => start("300ms"));
    after(finish);

    it("cuts it off, charges what was delivered, and records it", async () => {
      prepared.alpha.setFaults({ tokens: 2_000, tokenDelayMs: 10 });
      const response = await send(
        tollgate.baseUrl,
        chatBody({ model: "one", stream: true, max_tokens: 2_000 }),
      );
      const ending = response.text().then(
        (text) => (text.includes("[DONE]") ? "whole" : "cut"),
        () => "cut",
      );
      await until("the stream runs", () => (prepared.alpha.received()[0]?.outputTokensWritten ?? 0) > 10);
      assert.equal(await tollgate.end("SIGTERM"), 0, tollgate.errors());
      assert.equal(await ending, "cut");
      assertNothingRuns();
      const records = await new UsageFolder(prepared.snapshot.usageLog.folder).all();
      assert.equal(records.length, 1);
      assert.notEqual(records[0]?.ending, "completed");
      assert.ok(Number(records[0]?.output_tokens) > 10);
      await assertLedger(totalRecorded(records));
    });
  });

  describe("twice", () => {
    before(() => start("60s"));
    after(finish);

    it("goes at once, and takes its Envoy along", async () => {
      prepared.alpha.setFaults({ hang: true });
      const call = ask(tollgate.baseUrl, chatBody({ model: "one" })).catch(() => undefined);
      await until("the provider has the call", () => prepared.alpha.received().length === 1);
      void tollgate.end("SIGTERM");
      await delay(200);
      assert.equal(await tollgate.end("SIGTERM"), 130);
      await call;
      await until("Envoy is gone", () => !isRunning(tollgate.envoyPid));
    });
  });

  describe("not by the end of its Envoy", () => {
    before(() => start("60s"));
    after(finish);

    it("restarts it on the same port, says why it died and what that cut, and keeps true accounts", async () => {
      await ask(tollgate.baseUrl, chatBody({ model: "one" }));
      prepared.alpha.setFaults({ hang: true });
      const calls = [1, 2, 3].map(() =>
        ask(tollgate.baseUrl, chatBody({ model: "one" })).catch(() => undefined),
      );
      await until("the provider has the calls", () => prepared.alpha.received().length === 4);
      process.kill(tollgate.envoyPid, "SIGKILL");
      await until("the gateway is not ready", async () => !(await isReady()));
      await Promise.all(calls);
      prepared.alpha.setFaults({});
      await until("requests are served again", () => canAsk(), 20_000);
      await until("the gateway is ready", isReady);
      await until(
        "what was cut is told",
        () => /exchanges cut by Envoy's crash/.test(tollgate.errors()),
        20_000,
      );
      assert.match(tollgate.errors(), /Envoy ended \(SIGKILL\)/);
      assert.match(tollgate.errors(), /"exchanges":3,"endings":\{"[a-z_]+":3\},"still_open":0,"charged_usd"/);
      assert.match(tollgate.errors(), /Envoy serves again/);
      assert.equal(await tollgate.end("SIGTERM"), 0);
      assertNothingRuns();
      const records = await new UsageFolder(prepared.snapshot.usageLog.folder).all();
      assert.equal(records.length, 5);
      await assertLedger(totalRecorded(records));
    });

    async function isReady(): Promise<boolean> {
      return (await fetch(`${tollgate.adminUrl}/readyz`)).ok;
    }

    function canAsk(): Promise<boolean> {
      return ask(tollgate.baseUrl, chatBody({ model: "one" })).then(
        () => true,
        () => false,
      );
    }
  });
});
