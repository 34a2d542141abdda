import assert from "node:assert/strict";
import { connect } from "node:http2";
import { before, beforeEach, it } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import type { StoredRecord } from "../../src/usage/read.ts";
import { ask, chatBody, eventsOf, RawConnection, rawHead, send } from "../support/clients/chat.ts";
import { until } from "../support/core/until.ts";
import { describeOnEveryEdge } from "../support/edge/every-edge.ts";
import { type TestStack, useTestStack } from "../support/stack/stack.ts";

const config = `
version: 1
listen: { address: "127.0.0.1:0" }
server: { address: "unix:./run/t.sock" }
admin: { address: "127.0.0.1:0" }
backends:
  alpha: { provider: openai-compatible, endpoint: "{{alpha}}/v1", apiKey: "\${env:ALPHA_KEY}", price: { input: 1, output: 2 } }
  beta: { provider: openai-compatible, endpoint: "{{beta}}/v1", apiKey: "\${env:BETA_KEY}", price: { input: 3, output: 4 } }
models:
  one: { targets: [alpha/gpt-4.1-mini] }
  quick: { targets: [alpha/gpt-4.1-mini, beta/gpt-4.1-mini], timeouts: { attempt: 1s } }
identity: [{ type: api-key, file: ./keys.yaml }]
budgets: [{ name: day, per: [tenant_id], usd: 100, window: day }]
`;

describeOnEveryEdge("a client that leaves", (edge) => {
  const running = useTestStack({ config, edge });
  let stack: TestStack;
  before(() => {
    stack = running();
  });
  beforeEach(() => {
    stack.alpha.reset();
    stack.beta.reset();
  });

  /** What `work` adds to what the tenant has spent, once nothing is held any more. */
  async function spentBy(work: () => Promise<unknown>): Promise<bigint> {
    const [earlier] = await stack.balances({ tenant_id: "acme" });
    await work();
    await stack.idle();
    const [later] = await stack.balances({ tenant_id: "acme" });
    assert.equal(later?.held, 0n);
    return (later?.used ?? 0n) - (earlier?.used ?? 0n);
  }

  /** Resolves when the provider has noticed, with the milliseconds it took. */
  async function providerNoticed(): Promise<number> {
    const left = performance.now();
    await until("the upstream connection is closed", () => stack.alpha.received().at(-1)?.aborted === true);
    return performance.now() - left;
  }

  /** The record of what `work` did, and that it came in time. */
  async function recordSoon(work: () => Promise<void>): Promise<StoredRecord> {
    let left = 0;
    const record = await stack.recordOf(async () => {
      await work();
      left = performance.now();
    });
    assert.ok(performance.now() - left < 2_000, "the record came late");
    return record;
  }

  it("in mid-stream pays for what was delivered, and the upstream is closed at once", async () => {
    stack.alpha.setFaults({ tokens: 400, tokenDelayMs: 10 });
    let delivered = 0;
    let record: StoredRecord | undefined;
    const spent = await spentBy(async () => {
      record = await recordSoon(async () => {
        const leave = new AbortController();
        const response = await send(
          stack.baseUrl,
          chatBody({ model: "one", stream: true, max_tokens: 400 }),
          {
            signal: leave.signal,
          },
        );
        let text = "";
        const decoder = new TextDecoder();
        for await (const part of response.body as AsyncIterable<Uint8Array>) {
          text += decoder.decode(part, { stream: true });
          delivered = eventsOf(text).filter((data) => data.includes('"content":" ')).length;
          if (delivered >= 100) break;
        }
        leave.abort();
        const noticedMs = await providerNoticed();
        assert.ok(noticedMs < 1_000, `${noticedMs} ms until the upstream was closed`);
      });
    });
    assert.ok(record);
    assert.equal(record.ending, "downstream_reset");
    assert.equal(record.usage_source, "counted");
    const output = Number(record.output_tokens);
    assert.ok(Math.abs(output - delivered) <= delivered * 0.05, `${output} recorded, ${delivered} delivered`);
    assert.equal(record.cost_nano_usd, String(Number(record.input_tokens) * 1_000 + output * 2_000));
    assert.equal(String(spent), record.cost_nano_usd);
    assert.ok(BigInt(record.cost_max_nano_usd as string) > 0n);
  });

  it("in mid-stream over HTTP/2 leaves alone, others on its connection stay", async () => {
    stack.alpha.setFaults({ tokens: 60, tokenDelayMs: 10 });
    const session = connect(new URL(stack.baseUrl).origin);
    const open = () => {
      const stream = session.request({
        ":method": "POST",
        ":path": "/v1/chat/completions",
        authorization: "Bearer key-acme",
        "content-type": "application/json",
      });
      stream.on("error", () => undefined);
      stream.end(chatBody({ model: "one", stream: true, max_tokens: 60 }));
      return stream;
    };
    try {
      const staying = open();
      let text = "";
      staying.on("data", (part: Buffer) => {
        text += part.toString();
      });
      const stayed = new Promise((resolve) => staying.once("end", resolve));
      const record = await recordSoon(async () => {
        const leaving = open();
        await new Promise((resolve) => leaving.once("data", resolve));
        leaving.close(8);
        await until("one upstream is closed", () => stack.alpha.received().some((entry) => entry.aborted));
      });
      assert.equal(record.ending, "downstream_reset");
      await stayed;
      assert.ok(text.includes("[DONE]"));
      await stack.idle();
    } finally {
      session.destroy();
    }
  });

  it("a stream before its headers pays for its input alone", async () => {
    stack.alpha.setFaults({ headerDelayMs: 3_000 });
    const record = await leaveAfterArrival(chatBody({ model: "one", stream: true }));
    assert.equal(record.ending, "downstream_reset");
    assert.equal(record.output_tokens, 0);
    assert.equal(record.cost_nano_usd, String(Number(record.input_tokens) * 1_000));
  });

  it("a whole answer is charged at the hold, and the record says how far off that may be", async () => {
    stack.alpha.setFaults({ tokens: 20, tokenDelayMs: 300 });
    let record: StoredRecord | undefined;
    const spent = await spentBy(async () => {
      record = await leaveAfterArrival(chatBody({ model: "one" }));
    });
    assert.equal(record?.ending, "downstream_reset");
    assert.equal(record?.usage_source, "estimated");
    assert.equal(record?.cost_nano_usd, record?.held_nano_usd);
    assert.equal(record?.cost_max_nano_usd, record?.held_nano_usd);
    assert.equal(String(spent), record?.held_nano_usd);
    assert.equal(record?.output_tokens, null);
  });

  it("during its fallback pays for both tries, since both may bill", async () => {
    stack.alpha.setFaults({ hang: true });
    stack.beta.setFaults({ headerDelayMs: 3_000 });
    const spent = await spentBy(async () => {
      const record = await recordSoon(async () => {
        const leave = new AbortController();
        const gone = send(stack.baseUrl, chatBody({ model: "quick" }), { signal: leave.signal });
        await until("the second backend has it", () => stack.beta.received().length === 1);
        leave.abort();
        await gone.catch(() => undefined);
      });
      assert.equal(record.ending, "downstream_reset");
      const attempts = record.attempts as readonly { cost_nano_usd: string }[];
      assert.equal(attempts.length, 2);
      assert.ok(attempts.every((attempt) => BigInt(attempt.cost_nano_usd) > 0n));
    });
    assert.ok(spent > 0n);
  });

  it("during its upload costs nothing, and nothing leaves", async () => {
    const spent = await spentBy(async () => {
      const record = await recordSoon(async () => {
        const raw = new RawConnection(stack.baseUrl);
        raw.write(rawHead({ "content-type": "application/json", "content-length": "5000" }));
        raw.write('{"model":"one","messages":[{"role":"user","content":"');
        await until(
          "the exchange is open",
          async () => (await stack.metric("tollgate_open_exchanges")) === 1,
        );
        raw.socket.destroy();
      });
      assert.equal(record.ending, "downstream_reset");
      assert.equal(record.cost_nano_usd, "0");
      assert.deepEqual(record.attempts, []);
      assert.equal(record.tenant_id, "acme");
    });
    assert.equal(spent, 0n);
    assert.equal(stack.alpha.received().length, 0);
  });

  it("takes nothing with it: the next call passes, and nothing is open", async () => {
    assert.equal((await ask(stack.baseUrl, chatBody({ model: "one" }))).status, 200);
    await stack.idle();
    assert.equal(await stack.metric("tollgate_bugs_total"), 0);
  });

  /** Sends a call, leaves once the first provider has it, and waits for its record. */
  function leaveAfterArrival(body: string): Promise<StoredRecord> {
    return recordSoon(async () => {
      const leave = new AbortController();
      const gone = send(stack.baseUrl, body, { signal: leave.signal });
      await until("the provider has the request", () => stack.alpha.received().length === 1);
      await delay(50);
      leave.abort();
      await gone.catch(() => undefined);
      const noticedMs = await providerNoticed();
      assert.ok(noticedMs < 1_000, `${noticedMs} ms until the upstream was closed`);
    });
  }
});
