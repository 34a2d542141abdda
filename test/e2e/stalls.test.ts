import assert from "node:assert/strict";
import { createServer, type Server, type ServerResponse } from "node:http";
import { connect } from "node:http2";
import type { AddressInfo } from "node:net";
import { after, before, beforeEach, describe, it } from "node:test";
import type { StoredRecord } from "../../src/usage/read.ts";
import { ask, chatBody, eventsOf, send, streamedText } from "../support/clients/chat.ts";
import { sdkClients, sdkNumbers, upstreamModels } from "../support/clients/translation-clients.ts";
import { until } from "../support/core/until.ts";
import { startTestStack, type TestStack } from "../support/stack/stack.ts";

/** What a token of each model's backend costs in nano-dollars, in and out. */
const prices: Readonly<Record<string, readonly [bigint, bigint]>> = {
  "by-chat": [1_000n, 2_000n],
  "by-messages": [3_000n, 4_000n],
  "by-converse": [3_000n, 4_000n],
  "by-generate": [1_000n, 3_000n],
};

describe("a stream whose provider falls silent between tokens", () => {
  const stops: (() => Promise<void>)[] = [];
  let stack: TestStack;
  let odd: Server;

  before(async () => {
    odd = await startOddProvider();
    const { port } = odd.address() as AddressInfo;
    const config = `
version: 1
listen: { address: "127.0.0.1:0" }
server: { address: "unix:./run/t.sock" }
admin: { address: "127.0.0.1:0" }
backends:
  chat: { provider: openai-compatible, endpoint: "{{alpha}}/v1", apiKey: "\${env:ALPHA_KEY}", price: { input: 1, output: 2 } }
  messages: { provider: anthropic, endpoint: "{{alpha}}", apiKey: "\${env:ALPHA_KEY}", price: { input: 3, output: 4 } }
  converse: { provider: bedrock, region: us-east-1, endpoint: "{{alpha}}", apiKey: "\${env:ALPHA_KEY}", price: { input: 3, output: 4 } }
  generate: { provider: gemini, endpoint: "{{alpha}}", apiKey: "\${env:ALPHA_KEY}", price: { input: 1, output: 3 } }
  odd: { provider: openai-compatible, endpoint: "http://127.0.0.1:${port}/v1", price: { input: 1, output: 2 } }
models:
  by-chat: { targets: [chat/gpt-4.1-mini], timeouts: { betweenTokens: 400ms } }
  by-messages: { targets: [messages/claude-sonnet-4-5], timeouts: { betweenTokens: 400ms } }
  by-converse: { targets: ["converse/anthropic.claude-sonnet-4-5-20250929-v1:0"], timeouts: { betweenTokens: 400ms } }
  by-generate: { targets: [generate/gemini-2.5-flash], timeouts: { betweenTokens: 400ms } }
  guarded: { targets: [chat/gpt-4.1-mini, messages/claude-sonnet-4-5], timeouts: { betweenTokens: 400ms } }
  pings: { targets: [odd/pings], timeouts: { betweenTokens: 400ms } }
  kept-open: { targets: [odd/kept-open], timeouts: { betweenTokens: 400ms } }
  endless: { targets: [odd/endless], timeouts: { total: 700ms } }
identity: [{ type: api-key, file: ./keys.yaml }]
budgets: [{ name: day, per: [tenant_id], usd: 100, window: day }]
`;
    stack = await startTestStack({ after: (stop: () => Promise<void>) => void stops.push(stop) }, { config });
  });
  after(async () => {
    for (const stop of stops) await stop();
    odd.closeAllConnections();
    odd.close();
  });
  beforeEach(() => {
    stack.alpha.reset();
    stack.stack.gateway.targetHealth.forget();
  });

  /** What `work` has written, once nothing is open any more. */
  async function recordsOf(count: number, work: () => Promise<unknown>): Promise<readonly StoredRecord[]> {
    await stack.idle();
    const before = (await stack.records(0)).length;
    await work();
    const records = await stack.records(before + count);
    await stack.idle();
    return records.slice(before);
  }

  /** A stall's record, paid for to the nano-dollar by what it says came, and near what the provider bills. */
  function assertStalled(record: StoredRecord): void {
    assert.deepEqual([record.ending, record.error_code], ["timeout", "timeout"]);
    assert.ok(
      record.usage_source === "counted" || record.usage_source === "partial",
      String(record.usage_source),
    );
    const [input, output] = prices[String(record.requested_model)] ?? prices["by-chat"]!;
    const cost = BigInt(Number(record.input_tokens)) * input + BigInt(Number(record.output_tokens)) * output;
    assert.equal(record.cost_nano_usd, String(cost));
    assert.ok(Number(record.output_tokens) > 0);
  }

  async function spent(): Promise<bigint> {
    const [balance] = await stack.balances({ tenant_id: "acme" });
    assert.equal(balance?.held, 0n);
    return balance.used;
  }

  for (const model of upstreamModels) {
    it(`is an error to every vendor's SDK, served ${model}, and the provider is left`, async () => {
      stack.alpha.setFaults({ stallAfter: 3, tokenDelayMs: 10 });
      const clients = sdkClients(stack.baseUrl, "key-acme");
      const earlier = await spent();
      const records = await recordsOf(clients.length, async () => {
        const asked = clients.map(async (client) => {
          const answer = client.ask(model, { stream: true, tool: false });
          // What each makes of its own format's error event, not of a connection that broke.
          await assert.rejects(answer, /the provider stopped sending/, client.name);
        });
        await Promise.all(asked);
      });
      for (const record of records) assertStalled(record);
      assert.equal(new Set(records.map(({ dialect }) => dialect)).size, sdkNumbers.length);
      const cost = records.reduce((sum, record) => sum + BigInt(String(record.cost_nano_usd)), 0n);
      assert.equal((await spent()) - earlier, cost);
      const received = stack.alpha.received();
      assert.ok(received.length === clients.length && received.every(({ aborted }) => aborted));
    });
  }

  it("ends there in a plan that could fall back, too, and no token is seen twice", async () => {
    stack.alpha.setFaults({ stallAfter: 5, tokenDelayMs: 10 });
    const [record] = await recordsOf(1, async () => {
      const { text } = await ask(stack.baseUrl, chatBody({ model: "guarded", stream: true }));
      assert.match(text, /"code":"timeout"/);
    });
    assertStalled(record!);
    assert.equal(stack.alpha.received().length, 1);
  });

  it("is told from one that is slow: what comes in time passes, what would come later is never seen", async () => {
    stack.alpha.setFaults({ tokens: 8, tokenDelayMs: 100 });
    const slow = await ask(stack.baseUrl, chatBody({ model: "by-chat", stream: true }));
    assert.equal(eventsOf(slow.text).at(-1), "[DONE]");
    stack.alpha.setFaults({ tokens: 8, tokenDelayMs: 4_000 });
    const [record] = await recordsOf(1, async () => {
      const { text } = await ask(stack.baseUrl, chatBody({ model: "by-chat", stream: true }));
      assert.match(text, /"code":"timeout"/);
    });
    assertStalled(record!);
    assert.equal(stack.alpha.received().at(-1)?.outputTokensWritten, 1);
  });

  it("is not saved by comments", async () => {
    const [record] = await recordsOf(1, async () => {
      const { text } = await ask(stack.baseUrl, chatBody({ model: "pings", stream: true }));
      assert.match(text, /: ping\n\n[\s\S]*"code":"timeout"/);
    });
    assert.equal(record?.ending, "timeout");
  });

  it("is whole when all has been said: it ends as such though the provider keeps it open", async () => {
    const [record] = await recordsOf(1, async () => {
      const { text } = await ask(stack.baseUrl, chatBody({ model: "kept-open", stream: true }));
      assert.equal(streamedText(text), "Slowly.");
      assert.equal(eventsOf(text).at(-1), "[DONE]");
    });
    assert.equal(record?.ending, "completed");
  });

  it("is ended by timeouts.total in the middle of its talk, with an error event", async () => {
    const [record] = await recordsOf(1, async () => {
      const { text } = await ask(stack.baseUrl, chatBody({ model: "endless", stream: true }));
      assert.match(text, /Slowly\.[\s\S]*"code":"timeout"/);
    });
    assert.deepEqual([record?.ending, record?.error_code], ["timeout", "timeout"]);
  });

  it("is one of a hundred that stall at once", async () => {
    const count = 100;
    stack.alpha.setFaults({ stallAfter: 5 });
    const session = connect(new URL(stack.baseUrl).origin);
    try {
      const records = await recordsOf(count, async () => {
        const texts = await Promise.all(Array.from({ length: count }, () => streamOn(session)));
        for (const text of texts) assert.match(text, /"code":"timeout"/);
      });
      for (const record of records) assertStalled(record);
      const received = stack.alpha.received();
      assert.ok(received.length === count && received.every(({ aborted }) => aborted));
    } finally {
      session.destroy();
    }
  });

  it("leaves its client to leave first: that is no timeout", async () => {
    stack.alpha.setFaults({ stallAfter: 3 });
    const [record] = await recordsOf(1, async () => {
      const leave = new AbortController();
      const body = chatBody({ model: "by-chat", stream: true });
      const response = await send(stack.baseUrl, body, { signal: leave.signal });
      await response.body?.getReader().read();
      leave.abort();
      await until("the provider was left", () => stack.alpha.received().at(-1)?.aborted === true);
    });
    assert.equal(record?.ending, "downstream_reset");
  });

  it("leaves nothing open behind", async () => {
    await stack.idle();
    assert.equal(await stack.metric("tollgate_bugs_total"), 0);
  });
});

/** One stream to its clean end. */
function streamOn(session: ReturnType<typeof connect>): Promise<string> {
  return new Promise((resolve, reject) => {
    const stream = session.request({
      ":method": "POST",
      ":path": "/v1/chat/completions",
      authorization: "Bearer key-acme",
      "content-type": "application/json",
    });
    let text = "";
    stream.on("data", (part: Buffer) => {
      text += part.toString();
    });
    stream.on("error", reject);
    stream.on("end", () => resolve(text));
    stream.end(chatBody({ model: "by-chat", stream: true }));
  });
}

/** A provider that goes on without saying anything, without end, or not at all; the model says how. */
async function startOddProvider(): Promise<Server> {
  const chunk = (delta: object, finish: string | null): string =>
    `data: ${JSON.stringify({ id: "x", object: "chat.completion.chunk", model: "odd", choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`;
  const repeat = (response: ServerResponse, text: string): void => {
    const timer = setInterval(() => response.write(text), 50);
    response.on("close", () => clearInterval(timer));
  };
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on("data", (part: Buffer) => parts.push(part));
    request.on("end", () => {
      const { model } = JSON.parse(Buffer.concat(parts).toString()) as { model: string };
      response.writeHead(200, { "content-type": "text/event-stream" });
      const said = chunk({ role: "assistant", content: "Slowly." }, null);
      response.write(said);
      if (model === "kept-open") response.write(`${chunk({}, "stop")}data: [DONE]\n\n`);
      if (model === "pings") repeat(response, ": ping\n\n");
      if (model === "endless") repeat(response, said);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return server;
}
