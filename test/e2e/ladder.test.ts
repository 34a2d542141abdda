import assert from "node:assert/strict";
import { before, beforeEach, describe, it } from "node:test";
import { type Answer, ask, chatBody, errorOf } from "../support/clients/chat.ts";
import { type TestStack, useTestStack } from "../support/stack/stack.ts";

/** A token costs 10,000 nano-dollars of the big model, and 1,000 of the small one. */
const config = `
version: 1
listen: { address: "127.0.0.1:0" }
server: { address: "unix:./run/t.sock" }
admin: { address: "127.0.0.1:0" }
backends:
  alpha: { provider: openai-compatible, endpoint: "{{alpha}}/v1", apiKey: "\${env:ALPHA_KEY}", price: { input: 10, output: 10 } }
  beta: { provider: openai-compatible, endpoint: "{{beta}}/v1", apiKey: "\${env:BETA_KEY}", price: { input: 1, output: 1 } }
models:
  big: { targets: [alpha/gpt-4.1] }
  small: { targets: [beta/gpt-4.1-mini] }
identity: [{ type: api-key, file: ./keys.yaml }]
limits:
  - { name: rpm, per: [user_id], requests: 600, window: 1m }
  - { name: tpm, per: [tenant_id], tokens: 100000, window: 1m }
  - { name: narrow, when: { workflow: narrow }, tokens: 100, window: 1m }
  - { name: watched, when: { workflow: watched }, requests: 1, window: 1m, mode: observe }
budgets:
  - { name: cheaper, when: { workflow: cheaper }, usd: 0.01, window: day, exceeded: [{ use: small }, reject] }
  - { name: shorter, when: { workflow: shorter }, usd: 0.01, window: day, exceeded: [{ clamp: { atLeast: 10 } }, reject] }
  - { name: stepped, when: { workflow: stepped }, usd: 0.02, window: day, alerts: [50%], degrade: [{ at: 60%, use: small }, { at: 95%, clamp: { atLeast: 10 } }] }
  - { name: none, when: { workflow: none }, usd: 0.0001, window: day, exceeded: [{ use: small }, { clamp: { atLeast: 50 } }, reject] }
`;

describe("a budget without room for what is asked", () => {
  const running = useTestStack({ config });
  let stack: TestStack;
  before(() => {
    stack = running();
  });
  beforeEach(() => {
    stack.alpha.reset();
    stack.beta.reset();
  });

  const call = (workflow: string): Promise<Answer> =>
    ask(stack.baseUrl, chatBody({ model: "big", max_tokens: 1_000 }), {
      headers: { "x-tollgate-workflow": workflow },
    });

  it("answers by the cheaper model of its ladder, and says so", async () => {
    const answer = await call("cheaper");
    assert.equal(answer.status, 200);
    assert.equal(answer.headers.get("x-tollgate-model"), "gpt-4.1-mini");
    assert.equal(stack.alpha.received().length, 0);
    const record = await stack.record(answer.exchange);
    assert.deepEqual(
      [record.fallback_used, record.fallback_reason, record.degraded_by],
      [true, "budget", "cheaper"],
    );
  });

  it("answers by the cheaper model from the share on at which the budget says so", async () => {
    // Each call of the big model is billed 0.0101 dollars of 0.02: the second would pass 60 %.
    stack.alpha.setFaults({ tokens: 1_000 });
    const models: (string | null)[] = [];
    let last: Answer | undefined;
    for (let round = 0; round < 3; round++) {
      last = await call("stepped");
      assert.equal(last.status, 200);
      models.push(last.headers.get("x-tollgate-model"));
      await stack.record(last.exchange);
    }
    assert.deepEqual(models, ["gpt-4.1", "gpt-4.1-mini", "gpt-4.1-mini"]);
    assert.equal(stack.alpha.received().length, 1);
    const record = await stack.record(last?.exchange ?? null);
    assert.deepEqual(
      [record.fallback_used, record.fallback_reason, record.degraded_by],
      [true, "budget", "stepped"],
    );
    await stack.idle();
    const { adminUrl } = stack.stack.gateway;
    const { accounts } = (await (await fetch(`${adminUrl}/budgets?name=stepped`)).json()) as {
      readonly accounts: readonly Readonly<Record<string, unknown>>[];
    };
    assert.equal(accounts[0]?.limit, "20000000", "the limit is the true one");
    assert.ok(Number(accounts[0]?.percent) >= 50 && Number(accounts[0]?.percent) < 95);
    const metrics = await (await fetch(`${adminUrl}/metrics`)).text();
    assert.match(metrics, /tollgate_limit_degraded_total\{rule="stepped"\} 2\n/);
    assert.match(metrics, /tollgate_limit_alerts_total\{rule="stepped",percent="50"\} 1\n/);
  });

  it("answers shorter, where its ladder clamps", async () => {
    const answer = await call("shorter");
    assert.equal(answer.status, 200);
    assert.equal(JSON.parse(stack.alpha.received()[0]?.body ?? "").max_tokens, 500);
    const record = await stack.record(answer.exchange);
    assert.ok(BigInt(String(record.held_nano_usd)) <= 10_000_000n);
  });

  it("refuses at the ladder's end: which rule, what is left, when it resets, and not to try again", async () => {
    const answer = await call("none");
    assert.equal(answer.status, 429);
    assert.equal(errorOf(answer).code, "insufficient_quota");
    assert.match(errorOf(answer).message, /budget none/);
    assert.equal(answer.headers.get("x-should-retry"), "false");
    assert.equal(answer.headers.get("x-tollgate-limit"), "none");
    assert.equal(answer.headers.get("x-tollgate-limit-left"), "0.0001 usd");
    const resetsAt = answer.headers.get("x-tollgate-limit-resets-at") ?? "";
    assert.ok(Date.parse(resetsAt) >= Date.now() - 1_000);
    assert.equal(stack.alpha.received().length + stack.beta.received().length, 0);
    const metrics = await (await fetch(`${stack.stack.gateway.adminUrl}/metrics`)).text();
    assert.match(metrics, /tollgate_limit_denied_total\{rule="none",unit="nano_usd"\} 1\n/);
  });

  it("leaves a ladder alone when a limit without one refuses", async () => {
    const answer = await call("narrow");
    assert.equal(answer.status, 429);
    assert.equal(answer.headers.get("x-tollgate-limit"), "narrow");
  });

  it("passes what a rule in observe mode would refuse, and counts it", async () => {
    assert.equal((await call("watched")).status, 200);
    assert.equal((await call("watched")).status, 200);
    const metrics = await (await fetch(`${stack.stack.gateway.adminUrl}/metrics`)).text();
    assert.match(metrics, /tollgate_limit_observed_total\{rule="watched",unit="requests"\} 1\n/);
    assert.match(metrics, /tollgate_hold_ratio_count\{model="big"\} [1-9]/);
    assert.match(metrics, /tollgate_limit_accounts\{rule="cheaper",unit="nano_usd",window="day@UTC"\} 1\n/);
  });

  it("tells OpenAI's SDKs where they stand, on answers and refusals", async () => {
    for (const workflow of ["default", "none"]) {
      const { headers } = await call(workflow);
      assert.equal(headers.get("x-ratelimit-limit-requests"), "600");
      assert.equal(headers.get("x-ratelimit-limit-tokens"), "100000");
      assert.ok(Number(headers.get("x-ratelimit-remaining-requests")) > 500);
      assert.ok(Number(headers.get("x-ratelimit-remaining-tokens")) > 50_000);
      assert.match(headers.get("x-ratelimit-reset-tokens") ?? "", /^(\d+ms|\d+s)$/);
    }
  });

  it("tells Anthropic's SDKs in their own headers", async () => {
    const response = await fetch(`${stack.baseUrl}/messages`, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        "x-api-key": "key-acme",
        "anthropic-version": "2023-06-01",
      },
      body: JSON.stringify({ model: "big", max_tokens: 10, messages: [{ role: "user", content: "hi" }] }),
    });
    assert.equal(response.status, 200);
    assert.equal(response.headers.get("anthropic-ratelimit-requests-limit"), "600");
    assert.ok(Number(response.headers.get("anthropic-ratelimit-tokens-remaining")) > 50_000);
    assert.match(response.headers.get("anthropic-ratelimit-tokens-reset") ?? "", /^\d{4}-.*\d\dZ$/);
    await response.text();
  });
});
