import assert from "node:assert/strict";
import { before, beforeEach, describe, it } from "node:test";
import { createLog } from "../../src/core/log.ts";
import type { Faults } from "../../src/fake/faults.ts";
import { Gateway } from "../../src/gateway.ts";
import { liftOverrides, type Order, orderOverride } from "../support/admin/operator.ts";
import { ask, chatBody, errorOf, eventsOf, send } from "../support/clients/chat.ts";
import { until } from "../support/core/until.ts";
import { type TestStack, useTestStack } from "../support/stack/stack.ts";

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
  three: { targets: [alpha/gpt-4.1-mini, beta/gpt-4.1, beta/gpt-4.1-mini] }
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
  /** How it came to its end. */
  ended: "whole" | "broken" | undefined;
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
      const seen: Seen = { status: response.status, text: "", ended: undefined };
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
      seen.ended = "whole";
    } catch {
      seen.ended = "broken";
    }
  }

  const upstreamsClosed = () => stack.alpha.received().every(({ aborted }) => aborted);
  /** The stream's last event is the error, and behind it the answer ended as HTTP has it. */
  const toldAndEnded = (seen: Seen): boolean =>
    seen.ended === "whole" && /"code":"stopped"/.test(lastEvent(seen));
  const lastEvent = ({ text }: Seen): string => eventsOf(text).at(-1) ?? "";

  it("stops a backend with twenty streams running: each is told so and cut within a second, and paid as far as it came", async () => {
    const streams = await Promise.all(await openStreams(20, { tokens: 2_000, tokenDelayMs: 20 }));
    await until("all have begun", () => streams.every(({ text }) => text.includes('"content"')));
    const { cut } = await order({ action: "stop", scope: { backend: "alpha" } });
    assert.equal(cut, 20);
    await until("every upstream connection is closed", upstreamsClosed, promiseMs);
    await until("every client is told", () => streams.every(toldAndEnded), promiseMs);
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
        await until("the answer has ended", () => seen.ended === "whole", promiseMs);
        assert.equal(seen.status, 503);
        assert.equal(errorOf(seen).code, "stopped");
      }
      await stack.idle();
      assert.equal((await stack.records(1)).at(-1)?.ending, "cut_by_policy");
    });

  it("stops a backend that has fallen silent: clients are told all the same, and what it left open is closed", async () => {
    const streams = await Promise.all(await openStreams(2, { stallAfter: 5 }));
    await until("all have begun", () => streams.every(({ text }) => text.includes('"content"')));
    await order({ action: "stop", scope: { backend: "alpha" } });
    await until("the upstream connections are closed", upstreamsClosed, promiseMs);
    await until("every client is told", () => streams.every(toldAndEnded), promiseMs);
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

  for (const scope of [{ key: "acme-app" }, { user: "acme-user" }, { workflow: "nightly", tenant: "acme" }])
    it(`stops the requests of ${JSON.stringify(scope)} alone`, async () => {
      await order({ action: "stop", scope });
      const nightly = { headers: { "x-tollgate-workflow": "nightly" } };
      assert.equal((await ask(stack.baseUrl, chatBody(), nightly)).status, 403);
      assert.equal((await ask(stack.baseUrl, chatBody(), { ...nightly, key: "key-tiny" })).status, 200);
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

  it("tells a client of another format in that format", async () => {
    stack.alpha.setFaults({ stallAfter: 5 });
    const messages = [{ role: "user", content: "How does a tollgate work?" }];
    const body = JSON.stringify({ model: "one", max_tokens: 100, stream: true, messages });
    const response = await send(stack.baseUrl, body, { path: "/messages" });
    const seen: Seen = { status: response.status, text: "", ended: undefined };
    void readOn(response, seen);
    await until("it has begun", () => seen.text.includes("content_block_delta"));
    await order({ action: "stop", scope: { model: "one" } });
    await until("the answer has ended", () => seen.ended === "whole", promiseMs);
    assert.match(
      seen.text,
      /event: error\ndata: {"type":"error","error":{"type":"overloaded_error",.*model one is stopped/,
    );
  });

  it("passes over a target that was stopped while the one before it was asked", async () => {
    stack.alpha.setFaults({ headerDelayMs: 300, status: 500 });
    const answer = ask(stack.baseUrl, chatBody({ model: "three" }));
    await until("the first is asked", () => stack.alpha.received().length === 1);
    await order({ action: "drain", scope: { target: "beta/gpt-4.1" } });
    const { status, headers } = await answer;
    assert.equal(status, 200);
    assert.deepEqual(
      [headers.get("x-tollgate-model"), headers.get("x-tollgate-attempts")],
      ["gpt-4.1-mini", "2"],
    );
  });

  it("has a target asked although it is ejected", async () => {
    stack.alpha.setFaults({ status: 401 });
    await ask(stack.baseUrl);
    stack.alpha.reset();
    const backend = async () => (await ask(stack.baseUrl)).headers.get("x-tollgate-backend");
    await until("it is ejected", async () => (await backend()) === "beta");
    const metrics = await (await fetch(`${stack.stack.gateway.adminUrl}/metrics`)).text();
    assert.match(metrics, /^tollgate_target_state{target="alpha\/\*",state="ejected"} 1$/m);
    await order({ action: "force", scope: { backend: "alpha" } });
    assert.equal(await backend(), "alpha");
  });

  it("need not remember: what was ordered expires", async () => {
    await order({ action: "stop", scope: { model: "one" }, for: "1s" });
    const status = async () => (await ask(stack.baseUrl, chatBody({ model: "one" }))).status;
    assert.equal(await status(), 503);
    await until("it has expired", async () => (await status()) === 200);
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

  it("is obeyed after a restart, too", async () => {
    const { override } = await order({ action: "stop", scope: { tenant: "acme" }, untilLifted: true });
    await stack.stack.gateway.close();
    // Its clusters have the names that the Envoy knows.
    const { snapshot } = stack.stack.gateway;
    const back = await Gateway.start({ snapshot, log: createLog("error") });
    try {
      await until("requests are decided again", async () => (await ask(stack.baseUrl)).status === 403);
      const { overrides } = (await (await fetch(`${back.adminUrl}/overrides`)).json()) as {
        overrides: object[];
      };
      assert.deepEqual(overrides, [override]);
      await liftOverrides(back.adminUrl);
      assert.equal((await ask(stack.baseUrl)).status, 200);
    } finally {
      await back.close();
    }
  });
});
