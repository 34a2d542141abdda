import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { systemClock } from "../../src/core/clock.ts";
import { openLocalLedger } from "../../src/ledger/local-ledger.ts";
import type { StoredRecord } from "../../src/usage/read.ts";
import { ask, chatBody } from "../support/clients/chat.ts";
import { until } from "../support/core/until.ts";
import { balancesOf } from "../support/ledger/balance.ts";
import { billsOf, dollarBackends, misjudged, totalRecorded } from "../support/ledger/bills.ts";
import { createTestConfig, type TestConfig } from "../support/stack/test-config.ts";
import { isRunning, startTollgate, type TollgateProcess } from "../support/stack/tollgate-process.ts";
import { UsageFolder } from "../support/usage/usage-folder.ts";

const config = `
${dollarBackends}models:
  one: { targets: [alpha/model-a] }
  slow: { targets: [alpha/fake-slow] }
  down: { targets: [alpha/fake-down, beta/model-b] }
  hang: { targets: [alpha/fake-hang, beta/model-b], timeouts: { attempt: 1s } }
identity: [{ type: api-key, file: ./keys.yaml }]
budgets: [{ name: day, per: [tenant_id], usd: 100, window: day }]
`;

/** What clients ask for by turns: whole answers and streams, with fallbacks, and some that are refused. */
const quick = [
  chatBody({ model: "one" }),
  chatBody({ model: "one", stream: true, max_tokens: 100 }),
  chatBody({ model: "down", stream: true, max_tokens: 100 }),
  chatBody({ model: "hang" }),
  chatBody({ model: "none" }),
];
/** What others ask for, to be in the middle of it when the gateway goes. */
const slow = [chatBody({ model: "slow" }), chatBody({ model: "slow", stream: true })];
const clients = 18;

describe("a tollgate killed under load", () => {
  let prepared: TestConfig;
  const runs: TollgateProcess[] = [];
  /** Ids of the exchanges whose answer came whole. */
  const answered: string[] = [];
  let records: readonly StoredRecord[] = [];

  before(async () => {
    prepared = await createTestConfig({ config });
    prepared.alpha.setFaults({ tokens: 40, tokenDelayMs: 5 });
    prepared.beta.setFaults({ tokens: 40, tokenDelayMs: 5 });
    for (const exchanges of [60, 60]) await killUnderLoad(exchanges);
    const last = await startTollgate(prepared);
    runs.push(last);
    const { exchange } = await ask(last.baseUrl, chatBody({ model: "one" }));
    answered.push(exchange ?? "none");
    assert.equal(await last.end("SIGTERM"), 0, last.errors());
    records = await new UsageFolder(prepared.snapshot.usageLog.folder).all();
  });
  after(async () => {
    for (const { pid, envoyPid } of runs)
      for (const one of [pid, envoyPid]) if (isRunning(one)) process.kill(one, "SIGKILL");
    await prepared.close();
  });

  /** Kills a gateway in the middle of its work, once it has answered so many. */
  async function killUnderLoad(exchanges: number): Promise<void> {
    const run = await startTollgate(prepared);
    runs.push(run);
    const enough = answered.length + exchanges;
    let killed = false;
    const working = Array.from({ length: clients }, async (_, client) => {
      const bodies = client % 3 === 0 ? slow : quick;
      for (let turn = client; !killed; turn += 1) {
        const answer = await ask(run.baseUrl, bodies[turn % bodies.length]).catch(() => undefined);
        if (answer !== undefined && isWhole(answer.text) && answer.status === 200)
          answered.push(answer.exchange ?? "none");
      }
    });
    await until("enough is answered", () => answered.length >= enough, 20_000);
    await run.end("SIGKILL");
    killed = true;
    await Promise.all(working);
  }

  it("leaves an Envoy that the next one ends", () => {
    const [first, second, last] = runs;
    assert.equal(new Set(runs.map(({ envoyPid }) => envoyPid)).size, 3);
    for (const run of [first, second, last]) assert.equal(isRunning(run?.envoyPid ?? 0), false);
  });

  it("has exactly one record for everything that reached a provider, and for every answer", () => {
    const ids = records.map(({ exchange_id }) => String(exchange_id));
    const known = new Set(ids);
    assert.equal(known.size, ids.length);
    const sent = billsOf(prepared.alpha, prepared.beta).keys();
    for (const id of [...sent, ...answered]) assert.ok(known.has(id), `no record of ${id}`);
  });

  it("records what was under way as lost, at its hold, and the rest as it ended", () => {
    const bills = billsOf(prepared.alpha, prepared.beta);
    const lost = records.filter(({ ending }) => ending === "lost");
    assert.ok(lost.length >= 2 && lost.length <= 2 * clients, `${lost.length} are lost`);
    for (const record of lost) {
      assert.equal(record.tenant_id, "acme");
      assert.equal(record.cost_nano_usd, record.held_nano_usd);
      const bill = bills.get(String(record.exchange_id)) ?? 0n;
      assert.ok(BigInt(String(record.cost_nano_usd)) >= bill, `billed ${bill}: ${JSON.stringify(record)}`);
    }
    assert.ok(records.filter(({ ending }) => ending === "completed").length >= 100);
  });

  it("has charged what the providers bill, or says by how much it may differ", () => {
    assert.deepEqual(misjudged(records, billsOf(prepared.alpha, prepared.beta)), []);
  });

  it("has a ledger of exactly the records, and nothing held", async () => {
    const { snapshot } = prepared;
    const ledger = await openLocalLedger({ folder: snapshot.ledger.folder, clock: systemClock });
    try {
      assert.deepEqual(ledger.lost, []);
      const [balance] = await balancesOf(ledger, snapshot, { tenant_id: "acme" });
      assert.equal(balance?.held, 0n);
      assert.equal(balance?.used, totalRecorded(records));
    } finally {
      await ledger.close();
    }
  });
});

function isWhole(text: string): boolean {
  return text.startsWith("{") || text.trimEnd().endsWith("data: [DONE]");
}
