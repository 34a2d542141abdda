import assert from "node:assert/strict";
import { before, beforeEach, it } from "node:test";
import { type Answer, ask, chatBody, errorOf } from "../support/clients/chat.ts";
import { describeOnEveryEdge } from "../support/edge/every-edge.ts";
import { type TestStack, useTestStack } from "../support/stack/stack.ts";

/** One token of input or output costs 1,000 nano-dollars, and a budget is worth ten of the holds below. */
const config = (usd: string): string => `
version: 1
listen: { address: "127.0.0.1:0" }
server: { address: "unix:./run/t.sock" }
admin: { address: "127.0.0.1:0" }
backends:
  alpha: { provider: openai-compatible, endpoint: "{{alpha}}/v1", apiKey: "\${env:ALPHA_KEY}", price: { input: 1, output: 1 } }
models:
  one: { targets: [alpha/gpt-4.1-mini] }
identity: [{ type: api-key, file: ./keys.yaml }]
budgets:
  - { name: day, per: [tenant_id], usd: ${usd}, window: day }
limits:
  - { name: parallel, per: [user_id], concurrent: 3, when: { workflow: narrow } }
`;
const calls = 50;
const body = chatBody({ model: "one", max_tokens: 100 });

describeOnEveryEdge("a budget worth ten holds", (edge) => {
  // A hold is 116,000 nano-dollars: at most 16 tokens of input, 100 of output.
  const running = useTestStack({
    config: config("0.00116"),
    edge,
    keys: { fresh: "key-fresh", third: "key-third" },
  });
  let stack: TestStack;
  before(() => {
    stack = running();
  });
  beforeEach(() => stack.alpha.reset());

  for (const tenant of ["acme", "fresh"]) {
    it(`lets exactly ten of ${calls} calls at once pass, for ${tenant}`, async () => {
      // Long enough for all to be held together.
      stack.alpha.setFaults({ headerDelayMs: 1_500, tokens: 20 });
      const answers = await askAll(tenant, calls);
      const passed = answers.filter(({ status }) => status === 200);
      const refused = answers.filter(({ status }) => status !== 200);
      const record = await stack.record(passed[0]?.exchange ?? null);
      assert.equal(record.held_nano_usd, "116000", "the budget below is not ten holds");
      assert.equal(passed.length, 10);
      for (const answer of refused) {
        assert.equal(answer.status, 429);
        assert.equal(errorOf(answer).code, "rate_limit_exceeded");
        assert.ok(Number(answer.headers.get("retry-after")) > 0);
      }
      assert.equal(stack.alpha.received().length, 10);
      await stack.idle();
      const [balance] = await stack.balances({ tenant_id: tenant });
      assert.equal(balance?.held, 0n);
      assert.equal(balance?.used, billed());
      assert.ok((balance?.used ?? 0n) > 0n);
    });
  }

  it("is spent to the end and no further, streamed as well as whole", async () => {
    let spent = 0n;
    for (let round = 0; round < 60; round += 1) {
      const stream = round % 2 === 0;
      const answer = await ask(stack.baseUrl, chatBody({ model: "one", max_tokens: 100, stream }), {
        key: "key-third",
      });
      if (answer.status !== 200) {
        assert.equal(answer.status, 429);
        assert.equal(errorOf(answer).code, "insufficient_quota");
        assert.equal(answer.headers.get("x-should-retry"), "false");
        break;
      }
      await stack.idle();
      const [balance] = await stack.balances({ tenant_id: "third" });
      assert.ok((balance?.used ?? 0n) > spent);
      spent = balance?.used ?? 0n;
      assert.equal(spent, billed());
    }
    assert.ok(spent <= 1_140_000n);
    assert.ok(spent > 1_140_000n - 114_000n, `only ${spent} was spent`);
    const smaller = await ask(stack.baseUrl, chatBody({ model: "one", max_tokens: 1 }), { key: "key-third" });
    assert.equal(smaller.status, 200, "a smaller call still fits");
  });

  it("is left alone by calls that fail", async () => {
    const [earlier] = await stack.balances({ tenant_id: "tiny" });
    for (const faults of [
      { status: 500 },
      { error: "rate-limit" as const },
      { reset: "before-headers" as const },
    ]) {
      stack.alpha.setFaults(faults);
      for (let round = 0; round < 15; round += 1) {
        const answer = await ask(stack.baseUrl, body, { key: "key-tiny" });
        assert.ok(answer.status >= 429);
        if (answer.status === 429) assert.equal(faults.error, "rate-limit");
        const record = await stack.record(answer.exchange);
        assert.equal(record.cost_nano_usd, "0", JSON.stringify(record));
      }
    }
    await stack.idle();
    const [later] = await stack.balances({ tenant_id: "tiny" });
    assert.equal(later?.held, 0n);
    assert.equal(later?.used, earlier?.used);
  });

  it("is left alone by a refusal of another limit, whose slots come back", async () => {
    stack.alpha.setFaults({ headerDelayMs: 300 });
    const headers = { "x-tollgate-workflow": "narrow" };
    const answers = await Promise.all(
      Array.from({ length: 8 }, () =>
        ask(stack.baseUrl, chatBody({ model: "one" }), { key: "key-tiny", headers }),
      ),
    );
    const passed = answers.filter(({ status }) => status === 200).length;
    assert.equal(passed, 3);
    await stack.idle();
    assert.equal(
      (await ask(stack.baseUrl, chatBody({ model: "one" }), { key: "key-tiny", headers })).status,
      200,
    );
    await stack.idle();
    const balances = await stack.balances({
      tenant_id: "tiny",
      user_id: "tiny-user",
      workflow: "narrow",
    });
    for (const { account, held, used } of balances) {
      assert.equal(held, 0n);
      assert.equal(used, account.unit === "slots" ? 0n : billed());
    }
  });

  it("leaves nothing open", async () => {
    await stack.idle();
    assert.equal(await stack.metric("tollgate_bugs_total"), 0);
  });

  function askAll(tenant: string, count: number): Promise<readonly Answer[]> {
    return Promise.all(
      Array.from({ length: count }, () => ask(stack.baseUrl, body, { key: `key-${tenant}` })),
    );
  }

  /** The provider's journal × price. */
  function billed(): bigint {
    let tokens = 0;
    for (const entry of stack.alpha.received())
      tokens += (entry.billed?.inputTokens ?? 0) + (entry.billed?.outputTokens ?? 0);
    return BigInt(tokens) * 1_000n;
  }
});
