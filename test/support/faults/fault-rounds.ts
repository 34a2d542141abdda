import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { systemClock } from "../../../src/core/clock.ts";
import { openLocalLedger } from "../../../src/ledger/local-ledger.ts";
import { ask, chatBody } from "../clients/chat.ts";
import type { Random } from "../core/random.ts";
import { until } from "../core/until.ts";
import { balancesOf } from "../ledger/balance.ts";
import { billsOf, dollarBackends, misjudged, totalRecorded } from "../ledger/bills.ts";
import { createTestConfig, type TestConfig } from "../stack/test-config.ts";
import { isRunning, startTollgate, type TollgateProcess } from "../stack/tollgate-process.ts";
import { UsageFolder } from "../usage/usage-folder.ts";
import { FaultyMachine, type MachineFault } from "./faulty-process.ts";

/** What can happen to a gateway at work. */
export type Trouble = MachineFault | "reload" | "kill" | "second";

/** Every trouble. */
export const troubles: readonly Trouble[] = [
  ...(["full", "read-only", "slow", "gone", "clock"] as const),
  ...(["reload", "kill", "second"] as const),
];

const config = `
${dollarBackends}models:
  one: { targets: [alpha/model-a] }
  down: { targets: [alpha/fake-down, beta/model-b] }
identity: [{ type: api-key, file: ./keys.yaml }]
limits: [{ name: parallel, concurrent: 100 }]
budgets: [{ name: month, per: [tenant_id], usd: 1000, window: month }]
`;
const bodies = [
  chatBody({ model: "one", max_tokens: 100 }),
  chatBody({ model: "one", max_tokens: 100, stream: true }),
  chatBody({ model: "down", max_tokens: 100, stream: true }),
];
const clients = 4;

/** A gateway in a process of its own, with its Envoy, under traffic, in trouble after trouble. */
export class FaultRounds {
  readonly #prepared: TestConfig;
  readonly #machine: FaultyMachine;
  readonly #runs: TollgateProcess[] = [];
  readonly #traffic: Promise<void>;
  readonly #answered: string[] = [];
  #reloads = 0;
  #over = false;

  private constructor(prepared: TestConfig, machine: FaultyMachine, first: TollgateProcess) {
    this.#prepared = prepared;
    this.#machine = machine;
    this.#runs.push(first);
    this.#traffic = Promise.all(Array.from({ length: clients }, (_, client) => this.#ask(client))).then(
      () => {},
    );
  }

  static async start(): Promise<FaultRounds> {
    const prepared = await createTestConfig({ config });
    for (const provider of [prepared.alpha, prepared.beta])
      provider.setFaults({ tokens: 20, tokenDelayMs: 3 });
    const machine = new FaultyMachine(prepared);
    return new FaultRounds(prepared, machine, await startTollgate(machine.config));
  }

  /** Two troubles at once, the second in the middle of the first; it serves again once they are over. */
  async pair(first: Trouble, second: Trouble, random: Random): Promise<void> {
    const begun: MachineFault[] = [];
    const endAll = (): void => {
      for (const fault of begun.splice(0)) this.#machine.end(fault);
    };
    for (const trouble of [first, second]) {
      if (trouble === "reload") this.#reload();
      else if (trouble === "second") await this.#startSecond();
      else if (trouble === "kill") await this.#kill(endAll);
      else {
        this.#machine.begin(trouble, this.#now.pid);
        begun.push(trouble);
      }
      await delay(100 + random.below(200));
    }
    const failing = begun.filter((trouble) => trouble === "full" || trouble === "read-only");
    if (failing.length > 0)
      await until(`${failing} is logged`, () => this.#now.errors().includes("cannot be written"));
    endAll();
    const { adminUrl } = this.#now;
    const isReady = async () => (await fetch(`${adminUrl}/readyz`).catch(() => undefined))?.ok === true;
    await until(`it is ready after ${first} and ${second}`, isReady);
    const answered = this.#answered.length;
    await until(`it answers after ${first} and ${second}`, () => this.#answered.length >= answered + 5);
  }

  /** Ends traffic and gateway, and holds the accounts against the records and the records against the bills. */
  async finish(): Promise<void> {
    this.#over = true;
    await this.#traffic;
    assert.equal(await this.#now.end("SIGTERM"), 0, this.#now.errors());
    await this.#check();
    const next = await startTollgate(this.#machine.config);
    this.#runs.push(next);
    const answer = await ask(next.baseUrl, bodies[0] ?? "");
    assert.equal(answer.status, 200, answer.text);
    this.#answered.push(answer.exchange ?? "none");
    assert.equal(await next.end("SIGTERM"), 0, next.errors());
    assert.doesNotMatch(next.errors(), /ended with exchanges open|damaged/);
    await this.#check();
  }

  /** Ends what is left of it. */
  async close(): Promise<void> {
    this.#over = true;
    for (const { pid, envoyPid } of this.#runs)
      for (const one of [pid, envoyPid]) if (isRunning(one)) process.kill(one, "SIGKILL");
    await this.#traffic;
    await this.#prepared.close();
  }

  get #now(): TollgateProcess {
    const now = this.#runs.at(-1);
    assert.ok(now !== undefined);
    return now;
  }

  async #ask(client: number): Promise<void> {
    for (let turn = client; !this.#over; turn += 1) {
      const answer = await ask(this.#now.baseUrl, bodies[turn % bodies.length] ?? "").catch(() => undefined);
      if (answer?.status === 200) this.#answered.push(answer.exchange ?? "none");
      else await delay(20);
    }
  }

  /** Changes what no account depends on. */
  #reload(): void {
    const { file } = this.#prepared;
    this.#reloads += 1;
    const text = readFileSync(file, "utf8").replace(/concurrent: \d+/, `concurrent: ${100 + this.#reloads}`);
    writeFileSync(file, text);
    process.kill(this.#now.pid, "SIGHUP");
  }

  async #startSecond(): Promise<void> {
    const { pid } = this.#now;
    await assert.rejects(
      startTollgate(this.#machine.config),
      new RegExp(`tollgate up ended: [^]*\\b${pid}\\b`),
    );
    assert.ok(isRunning(pid) && isRunning(this.#now.envoyPid));
  }

  /** The machine is well again before the next start, as it would be after a power loss. */
  async #kill(endAll: () => void): Promise<void> {
    await this.#now.end("SIGKILL");
    endAll();
    this.#runs.push(await startTollgate(this.#machine.config));
  }

  async #check(): Promise<void> {
    const { snapshot, alpha, beta } = this.#prepared;
    const records = await new UsageFolder(snapshot.usageLog.folder).all();
    const ids = new Set(records.map(({ exchange_id }) => String(exchange_id)));
    assert.equal(ids.size, records.length, "one record an exchange");
    const bills = billsOf(alpha, beta);
    for (const id of [...bills.keys(), ...this.#answered]) assert.ok(ids.has(id), `no record of ${id}`);
    assert.deepEqual(misjudged(records, bills), []);
    const ledger = await openLocalLedger({ folder: snapshot.ledger.folder, clock: systemClock });
    try {
      assert.deepEqual(ledger.lost, []);
      assert.equal(ledger.openHolds(), 0);
      for (const { account, used, held } of await balancesOf(ledger, snapshot, { tenant_id: "acme" })) {
        assert.equal(held, 0n);
        if (account.name === "month") assert.equal(used, totalRecorded(records));
      }
    } finally {
      await ledger.close();
    }
  }
}
