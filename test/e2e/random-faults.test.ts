import assert from "node:assert/strict";
import { before, it } from "node:test";
import type { Faults } from "../../src/fake/faults.ts";
import { chatBody, send } from "../support/clients/chat.ts";
import { Random } from "../support/core/random.ts";
import { describeOnEveryEdge } from "../support/edge/every-edge.ts";
import { billsOf, dollarBackends, misjudged, totalRecorded } from "../support/ledger/bills.ts";
import { type TestStack, useTestStack } from "../support/stack/stack.ts";

const config = `
${dollarBackends}models:
  one: { targets: [alpha/gpt-4.1-mini], timeouts: { attempt: 300ms, total: 600ms } }
  both: { targets: [alpha/gpt-4.1-mini, beta/gpt-4.1-mini], timeouts: { attempt: 300ms, total: 600ms } }
identity: [{ type: api-key, file: ./keys.yaml }]
budgets: [{ name: day, per: [tenant_id], usd: 0.05, window: day }]
limits: [{ name: parallel, per: [user_id], concurrent: 12 }]
`;
const rounds = 20;
const callsPerRound = 8;

describeOnEveryEdge("any faults of providers and clients together", (edge) => {
  const running = useTestStack({ config, edge });
  const random = new Random(20_261_121);
  let stack: TestStack;
  before(() => {
    stack = running();
  });

  /** One call of a client that may leave. Resolves when its side is over; what it gets is whole, an error, or cut. */
  async function call(): Promise<void> {
    const stream = random.once(2);
    const leavesAfterMs = random.once(3) ? random.below(120) : undefined;
    const leave = new AbortController();
    const body = chatBody({ model: random.pick(["one", "both"]), stream, max_tokens: 1 + random.below(60) });
    const timer = leavesAfterMs === undefined ? undefined : setTimeout(() => leave.abort(), leavesAfterMs);
    try {
      const response = await send(stack.baseUrl, body, { signal: leave.signal });
      const text = await response.text();
      if (response.status < 400) return;
      const { error } = JSON.parse(text) as { error: { message: string } };
      assert.ok(error.message.length > 0, text);
    } catch (error) {
      assert.ok(leavesAfterMs !== undefined || isCut(error), String(error));
    } finally {
      clearTimeout(timer);
    }
  }

  it("leave one record an exchange, nothing held, and a ledger that is the sum of the records", async () => {
    for (let round = 0; round < rounds; round += 1) {
      stack.alpha.setFaults(faultsOf(random));
      stack.beta.setFaults(faultsOf(random));
      await Promise.all(Array.from({ length: callsPerRound }, call));
    }
    await stack.idle();
    const records = await stack.records(0);
    const ids = new Set(records.map(({ exchange_id }) => String(exchange_id)));
    assert.equal(ids.size, records.length);
    const balances = await stack.balances({ tenant_id: "acme", user_id: "acme-user" });
    assert.equal(balances.length, 2);
    for (const { account, held, used } of balances) {
      assert.equal(held, 0n, account.name);
      assert.equal(used, account.unit === "slots" ? 0n : totalRecorded(records));
    }
  });

  it("leave records that are the providers' bills, or say by how much they may differ", async () => {
    const records = await stack.records(0);
    const bills = billsOf(stack.alpha, stack.beta);
    const ids = new Set(records.map(({ exchange_id }) => exchange_id));
    for (const id of bills.keys()) assert.ok(ids.has(id), `no record of ${id}`);
    assert.deepEqual(misjudged(records, bills), []);
    const exact = records.filter(
      (record) => record.cost_max_nano_usd === "0" && record.cost_nano_usd !== "0",
    );
    assert.ok(exact.length > callsPerRound, `only ${exact.length} records are exact`);
  });

  it("leave no bug behind", async () => {
    assert.equal(await stack.metric("tollgate_bugs_total"), 0);
  });
});

/** Mostly one thing wrong, now and then nothing; and an answer of some length, at some pace, in some pieces. */
function faultsOf(random: Random): Faults {
  const position = random.below(12);
  const wrong: readonly Faults[] = [
    {},
    {},
    { status: random.pick([500, 503, 400, 404]) },
    {
      error: random.pick([
        "rate-limit",
        "auth",
        "quota",
        "bad-request",
        "context-length",
        "overloaded",
      ] as const),
    },
    { reset: random.pick(["before-headers", "after-headers", position] as const) },
    { cutAfter: position },
    { stallAfter: position },
    { hang: true },
    { errorEvent: position },
    { badJson: position },
    { empty: random.pick(["body", "content"] as const) },
    { noUsage: true },
  ];
  return {
    ...random.pick(wrong),
    tokens: 1 + random.below(50),
    tokenDelayMs: random.below(4),
    ...(random.once(3) ? { headerDelayMs: random.below(100) } : {}),
    ...(random.once(3) ? { chunkBytes: 1 + random.below(200) } : {}),
  };
}

/** The connection broke off, as it does under an answer that cannot be ended well. */
function isCut(error: unknown): boolean {
  return error instanceof TypeError && ["terminated", "fetch failed"].includes(error.message);
}
