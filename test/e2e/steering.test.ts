import assert from "node:assert/strict";
import { before, beforeEach, describe, it } from "node:test";
import type { Faults } from "../../src/fake/faults.ts";
import { ask, chatBody, errorOf, eventsOf, send } from "../support/chat.ts";
import { liftOverrides, type Order, orderOverride } from "../support/operator.ts";
import { type TestStack, useTestStack } from "../support/stack.ts";
import { until } from "../support/until.ts";

const config = `
version: 1
listen: { address: "127.0.0.1:0" }
server: { address: "unix:./run/t.sock" }
admin: { address: "127.0.0.1:0" }
backends:
  alpha: { provider: openai-compatible, endpoint: "{{alpha}}/v1", apiKey: "\${env:ALPHA_KEY}", price: { input: 1, output: 2 } }
  beta: { provider: openai-compatible, endpoint: "{{beta}}/v1", apiKey: "\${env:BETA_KEY}", region: eu, price: { input: 3, output: 4 } }
models:
  one: { targets: [alpha/gpt-4.1-mini] }
  both: { targets: [alpha/gpt-4.1-mini, beta/gpt-4.1-mini] }
routes:
  - { when: { workflow: eu-only }, use: both, only: { region: eu } }
identity: [{ type: api-key, file: ./keys.yaml }]
budgets: [{ name: day, per: [tenant_id], usd: 100, window: day }]
`;
/** Within this a stop has told clients, and closed what runs upstream. */
const promiseMs = 1_000;

/** A stream as its client saw it. */
interface Seen {
  readonly status: number;
  text: string;
  ended: boolean;
}

describe("an operator", () => {
  const running = useTestStack({ config });
  let stack: TestStack;
  before(() => {
    stack = running();
  });
  beforeEach(async () => {
    await liftOverrides(stack.stack.gateway.adminUrl);
    stack.alpha.reset();
    stack.beta.reset();
    stack.stack.gateway.targetHealth.forget();
  });

  const order = (one: Order) => orderOverride(stack.stack.gateway.adminUrl, one);

  /** Opens streams, and waits until the provider has all their requests. */
  async function openStreams(
    count: number,
    faults: Faults,
    model = "both",
  ): Promise<readonly Promise<Seen>[]> {
    stack.alpha.setFaults(faults);
    const before = stack.alpha.received().length;
    const body = chatBody({ model, stream: true, max_tokens: 2_000 });
    const opened = Array.from({ length: count }, async () => {
      const response = await send(stack.baseUrl, body);
      const seen: Seen = { status: response.status, text: "", ended: false };
      void readOn(response, seen);
      return seen;
    });
    await until("the provider has every request", () => stack.alpha.received().length === before + count);
    return opened;
  }

  async function readOn(response: Response, seen: Seen): Promise<void> {
    const decoder = new TextDecoder();
    try {
      for await (const part of response.body as AsyncIterable<Uint8Array>)
        seen.text += decoder.decode(part, { stream: true });
    } catch {
      // Cut off: what was told before counts.
    } finally {
      seen.ended = true;
    }
  }

  const upstreamsClosed = () => stack.alpha.received().every(({ aborted }) => aborted);
  const lastEvent = ({ text }: Seen): string => eventsOf(text).at(-1) ?? "";

  it("stops a backend with twenty streams running: each is told so and cut within a second, and paid as far as it came", async () => {
    const streams = await Promise.all(await openStreams(20, { tokens: 2_000, tokenDelayMs: 20 }));
    await until("all have begun", () => streams.every(({ text }) => text.includes('"content"')));
    const { cut } = await order({ action: "stop", scope: { backend: "alpha" } });
    assert.equal(cut, 20);
    await until("every upstream connection is closed", upstreamsClosed, promiseMs);
    await until(
      "every client is told",
      () => streams.every((one) => /"code":"stopped"/.test(lastEvent(one))),
      promiseMs,
    );
    await stack.idle();
    const records = (await stack.records(20)).slice(-20);
    for (const { ending, error_code, usage_source, output_tokens, cost_nano_usd, input_tokens } of records) {
      assert.deepEqual([ending, error_code, usage_source], ["cut_by_policy", "stopped", "counted"]);
      assert.ok(Number(output_tokens) > 0);
      assert.equal(cost_nano_usd, String(Number(input_tokens) * 1_000 + Number(output_tokens) * 2_000));
    }
    assert.equal(
      (await ask(stack.baseUrl, chatBody({ model: "both" }))).headers.get("x-tollgate-backend"),
      "beta",
    );
  });

  for (const [title, faults] of [
    ["has not begun to answer", { headerDelayMs: 60_000 }],
    ["has said nothing yet", { firstTokenDelayMs: 60_000 }],
  ] as const)
    it(`stops a backend that ${title}: clients that could still fall back get the error in their own format`, async () => {
      const opened = await openStreams(2, faults);
      await order({ action: "stop", scope: { target: "alpha/gpt-4.1-mini" } });
      await until("the upstream connections are closed", upstreamsClosed, promiseMs);
      for (const seen of await Promise.all(opened)) {
        await until("the answer has ended", () => seen.ended, promiseMs);
        assert.equal(seen.status, 503);
        assert.equal(errorOf(seen).code, "stopped");
      }
      await stack.idle();
      assert.equal((await stack.records(1)).at(-1)?.ending, "cut_by_policy");
    });

  it("stops a backend that has fallen silent: what it left open is closed", async () => {
    await Promise.all(await openStreams(2, { stallAfter: 5 }));
    await order({ action: "stop", scope: { backend: "alpha" } });
    await until("the upstream connections are closed", upstreamsClosed, promiseMs);
    await stack.idle();
    const { ending, output_tokens } = (await stack.records(1)).at(-1) ?? {};
    assert.deepEqual([ending, output_tokens], ["cut_by_policy", 5]);
  });

  it("stops a tenant: its stream is cut, its next request is refused, others go on", async () => {
    const [stream] = await Promise.all(await openStreams(1, { tokens: 500, tokenDelayMs: 20 }));
    await order({ action: "stop", scope: { tenant: "acme" }, for: "15m" });
    await until(
      "the client is told",
      () => stream !== undefined && /"code":"suspended"/.test(lastEvent(stream)),
      promiseMs,
    );
    const refused = await ask(stack.baseUrl);
    assert.equal(refused.status, 403);
    assert.match(errorOf(refused).message, /^tenant acme is stopped until \d{4}-.*Z \([0-9a-f]{8}\)$/);
    stack.alpha.reset();
    assert.equal((await ask(stack.baseUrl, chatBody(), { key: "key-tiny" })).status, 200);
    const record = await stack.record(refused.exchange);
    assert.deepEqual([record.ending, record.error_code, record.cost_nano_usd], ["denied", "suspended", "0"]);
  });

  it("drains a backend: nothing new goes there, what runs comes to its end", async () => {
    const [stream] = await Promise.all(await openStreams(1, { tokens: 30, tokenDelayMs: 20 }));
    const { cut } = await order({ action: "drain", scope: { backend: "alpha" } });
    assert.equal(cut, 0);
    assert.equal(
      (await ask(stack.baseUrl, chatBody({ model: "both" }))).headers.get("x-tollgate-backend"),
      "beta",
    );
    await until("the stream is whole", () => stream !== undefined && lastEvent(stream) === "[DONE]");
    await stack.idle();
  });

  it("never makes a request cross its bounds by a stop: it is refused, and nobody else hears of it", async () => {
    await order({ action: "stop", scope: { backend: "beta" } });
    const answer = await ask(stack.baseUrl, chatBody(), { headers: { "x-tollgate-workflow": "eu-only" } });
    assert.equal(answer.status, 503);
    assert.equal(errorOf(answer).code, "no_backend");
    assert.deepEqual([stack.alpha.received().length, stack.beta.received().length], [0, 0]);
  });

  it("leaves nothing open", async () => {
    await stack.idle();
    assert.equal(await stack.metric("tollgate_bugs_total"), 0);
  });
});
