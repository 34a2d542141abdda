import assert from "node:assert/strict";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, describe, it } from "node:test";
import type { StoredRecord } from "../../src/usage/read.ts";
import { ask, chatBody } from "../support/clients/chat.ts";
import { until } from "../support/core/until.ts";
import { startTestStack, type TestStack } from "../support/stack/stack.ts";

describe("the usage of an exchange", () => {
  const stops: (() => Promise<void>)[] = [];
  const delivered: { readonly id: string; readonly data: StoredRecord }[] = [];
  let receiver: Server;
  let stack: TestStack;

  before(async () => {
    receiver = await startReceiver(delivered);
    const { port } = receiver.address() as AddressInfo;
    const config = `
version: 1
listen: { address: "127.0.0.1:0" }
server: { address: "unix:./run/t.sock" }
admin: { address: "127.0.0.1:0" }
backends:
  alpha: { provider: openai-compatible, endpoint: "{{alpha}}/v1", apiKey: "\${env:ALPHA_KEY}", price: { input: 7, output: 20 } }
models:
  one: { targets: [alpha/gpt-4.1-mini] }
identity: [{ type: api-key, file: ./keys.yaml }]
budgets: [{ name: month, per: [tenant_id], usd: 100, window: month }]
usage: { sinks: [{ type: http, url: "http://127.0.0.1:${port}/events" }] }
`;
    stack = await startTestStack({ after: (stop: () => Promise<void>) => void stops.push(stop) }, { config });
  });
  after(async () => {
    for (const stop of stops) await stop();
    receiver.closeAllConnections();
    receiver.close();
  });

  it("of 1,800 tokens in and 420 out at 7 and 20 dollars a million costs exactly 0.021, and says so under its thirteen keys", async () => {
    const { record } = await call(1_800, 420);
    assert.deepEqual(Object.fromEntries(thirteen.map((key) => [key, record[key]])), {
      trace_id: traceId,
      tenant_id: "acme",
      workflow: "support",
      model_provider: "openai-compatible",
      model_route: "alpha/gpt-4.1-mini",
      prompt_version: null,
      input_tokens: 1_800,
      output_tokens: 420,
      retrieval_latency_ms: null,
      inference_latency_ms: record.inference_latency_ms,
      fallback_used: false,
      validation_result: null,
      estimated_cost_usd: 0.021,
    });
    assert.ok(Number(record.inference_latency_ms) > 0);
    assert.deepEqual(Object.keys(record).slice(0, 13), thirteen);
    assert.deepEqual([record.cost_nano_usd, record.usage_source], ["21000000", "provider"]);
    await stack.idle();
    const [balance] = await stack.balances({ tenant_id: "acme" });
    assert.equal(balance?.used, 21_000_000n);
  });

  it("names each call as its provider does, to be found on the bill", async () => {
    const { record } = await call(50, 5);
    const [attempt] = record.attempts as { request_id: string }[];
    assert.equal(attempt?.request_id, `req_${stack.alpha.received().at(-1)?.id}`);
  });

  it("is delivered to the config's sinks, and answered by the admin interface", async () => {
    const { record } = await call(100, 10);
    await until("the sink has it", () => delivered.some(({ id }) => id === record.exchange_id));
    const sent = delivered.find(({ id }) => id === record.exchange_id);
    assert.deepEqual(sent?.data, record);
    const { adminUrl } = stack.stack.gateway;
    const rows = await (await fetch(`${adminUrl}/usage?by=tenant_id&since=1h`)).json();
    assert.deepEqual(rows, [
      {
        tenant_id: "acme",
        exchanges: 3,
        input_tokens: 1_950,
        output_tokens: 435,
        cost_nano_usd: "22350000",
        wasted_nano_usd: "0",
      },
    ]);
    const [found] = (await (await fetch(`${adminUrl}/usage/${record.exchange_id}`)).json()) as StoredRecord[];
    assert.deepEqual(found, record);
  });

  /** A call for which the provider bills exactly these tokens. */
  async function call(inputTokens: number, outputTokens: number): Promise<{ record: StoredRecord }> {
    const bodyOf = (words: number): string =>
      chatBody({
        model: "one",
        max_tokens: 1_000,
        messages: [{ role: "user", content: " toll".repeat(words) }],
      });
    stack.alpha.setFaults({ tokens: outputTokens });
    const direct = await ask(`${stack.alpha.url}/v1`, bodyOf(1), { key: "alpha-secret" });
    const { usage } = JSON.parse(direct.text) as { usage: { prompt_tokens: number } };
    const answer = await ask(stack.baseUrl, bodyOf(inputTokens - usage.prompt_tokens + 1), {
      headers: { "x-tollgate-workflow": "support", traceparent: `00-${traceId}-00f067aa0ba902b7-01` },
    });
    assert.equal(answer.status, 200, answer.text);
    return { record: await stack.record(answer.exchange) };
  }
});

const traceId = "4bf92f3577b34da6a3ce929d0e0e4736";
const thirteen = [
  "trace_id",
  "tenant_id",
  "workflow",
  "model_provider",
  "model_route",
  "prompt_version",
  "input_tokens",
  "output_tokens",
  "retrieval_latency_ms",
  "inference_latency_ms",
  "fallback_used",
  "validation_result",
  "estimated_cost_usd",
] as const;

/** Takes CloudEvents as a billing system would. */
async function startReceiver(taken: unknown[]): Promise<Server> {
  const server = createServer(async (request, response) => {
    const pieces: Buffer[] = [];
    for await (const piece of request) pieces.push(piece as Buffer);
    taken.push(...(JSON.parse(Buffer.concat(pieces).toString()) as unknown[]));
    response.writeHead(202).end();
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  return server;
}
