import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { after, before, describe, it } from "node:test";
import { systemClock } from "../../src/core/clock.ts";
import { openLocalLedger } from "../../src/ledger/local-ledger.ts";
import type { StoredRecord } from "../../src/usage/read.ts";
import { ask, chatBody } from "../support/clients/chat.ts";
import { until } from "../support/core/until.ts";
import { balancesOf } from "../support/ledger/balance.ts";
import { billsOf, misjudged, totalBilled, totalRecorded } from "../support/ledger/bills.ts";
import { createTestConfig, type TestConfig } from "../support/stack/test-config.ts";
import { isRunning, startTollgate, type TollgateProcess } from "../support/stack/tollgate-process.ts";
import { UsageFolder } from "../support/usage/usage-folder.ts";

const config = `
version: 1
listen: { address: "127.0.0.1:0" }
server: { address: "unix:./run/t.sock" }
admin: { address: "127.0.0.1:0" }
backends:
  alpha: { provider: openai-compatible, endpoint: "{{alpha}}/v1", apiKey: "\${env:ALPHA_KEY}", price: { input: 1, output: 1 } }
models:
  one: { targets: [alpha/model-a] }
identity: [{ type: api-key, file: ./keys.yaml }]
limits: [{ name: parallel, concurrent: 100 }]
budgets: [{ name: day, per: [tenant_id], usd: 100, window: day }]
`;
const bodies = [
  chatBody({ model: "one", max_tokens: 100 }),
  chatBody({ model: "one", max_tokens: 100, stream: true }),
];
const clients = 6;

describe("a tollgate whose disk takes nothing for a while under traffic", () => {
  let prepared: TestConfig;
  let tollgate: TollgateProcess;
  let records: readonly StoredRecord[] = [];
  const answered: string[] = [];
  let refused = 0;
  let answeredByThen = 0;
  let reasons = "";

  before(async () => {
    prepared = await createTestConfig({ config });
    prepared.alpha.setFaults({ tokens: 20, tokenDelayMs: 5 });
    tollgate = await startTollgate(prepared);
    let over = false;
    const traffic = Array.from({ length: clients }, async (_, client) => {
      for (let turn = client; !over; turn += 1) {
        const answer = await ask(tollgate.baseUrl, bodies[turn % bodies.length]);
        if (answer.status === 200) answered.push(answer.exchange ?? "none");
        else refused += 1;
      }
    });
    try {
      await until("the first are answered", () => answered.length >= 20);
      limitFiles(tollgate.pid, "0");
      await until("some are refused", () => refused >= 10);
      reasons = await (await fetch(`${tollgate.adminUrl}/readyz`)).text();
      answeredByThen = answered.length;
      limitFiles(tollgate.pid, "unlimited");
      await until("more are answered", () => answered.length >= answeredByThen + 20);
      await until("it is ready", async () => (await fetch(`${tollgate.adminUrl}/readyz`)).ok);
    } finally {
      over = true;
      await Promise.all(traffic);
    }
    assert.equal(await tollgate.end("SIGTERM"), 0, tollgate.errors());
    records = await new UsageFolder(prepared.snapshot.usageLog.folder).all();
  });
  after(async () => {
    for (const pid of [tollgate.pid, tollgate.envoyPid]) if (isRunning(pid)) process.kill(pid, "SIGKILL");
    await prepared.close();
  });

  it("says that it is not ready, and which files cannot be written", () => {
    assert.match(reasons, /ledger: the ledger cannot be written: EFBIG/);
  });

  it("sends nothing to a provider without a record of it, and records each exchange once", () => {
    const ids = records.map(({ exchange_id }) => String(exchange_id));
    const known = new Set(ids);
    assert.equal(known.size, ids.length);
    const bills = billsOf(prepared.alpha);
    for (const id of [...bills.keys(), ...answered]) assert.ok(known.has(id), `no record of ${id}`);
    assert.equal(bills.size, answered.length, "whatever was sent was answered");
  });

  it("records what the provider bills, to the nano-dollar", () => {
    assert.deepEqual(misjudged(records, billsOf(prepared.alpha)), []);
    assert.equal(totalRecorded(records), totalBilled(prepared.alpha));
  });

  it("has a ledger of exactly the records, and no open hold", async () => {
    const { snapshot } = prepared;
    const ledger = await openLocalLedger({ folder: snapshot.ledger.folder, clock: systemClock });
    try {
      assert.deepEqual(ledger.lost, []);
      assert.equal(ledger.openHolds(), 0);
      for (const balance of await balancesOf(ledger, snapshot, { tenant_id: "acme" })) {
        assert.equal(balance.held, 0n);
        if (balance.account.name === "day") assert.equal(balance.used, totalRecorded(records));
      }
    } finally {
      await ledger.close();
    }
  });
});

/** Sets the largest size of the files that a process may write; the rest of its limits, and its children's, stay. */
function limitFiles(pid: number, bytes: "0" | "unlimited"): void {
  execFileSync("prlimit", ["--pid", String(pid), `--fsize=${bytes}:unlimited`]);
}
