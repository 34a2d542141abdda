import assert from "node:assert/strict";
import { before, beforeEach, describe, it } from "node:test";
import { createLog } from "../../src/core/log.ts";
import { Gateway } from "../../src/gateway.ts";
import { counterOf } from "../../src/tokens/models/families.ts";
import { ask, chatBody, errorOf, send } from "../support/clients/chat.ts";
import { Random } from "../support/core/random.ts";
import { until } from "../support/core/until.ts";
import { type TestStack, useTestStack } from "../support/stack/stack.ts";

/** The fake bills by o200k_base: exact for gpt-4o, and unlike what `model-a` (of no known family) and Claude are estimated at. */
const config = `
version: 1
listen: { address: "127.0.0.1:0", bodyLimit: 16MiB }
server: { address: "unix:./run/t.sock" }
admin: { address: "127.0.0.1:0" }
backends:
  alpha: { provider: openai-compatible, endpoint: "{{alpha}}/v1", apiKey: "\${env:ALPHA_KEY}", price: { input: 1, output: 2 } }
models:
  unknown: { targets: [alpha/model-a] }
  exact: { targets: [alpha/gpt-4o] }
  claude-x: { targets: [alpha/claude-x] }
identity:
  - { type: api-key, file: ./keys.yaml }
caps:
  - { when: { tenant_id: tiny }, inputTokens: 4000 }
`;

/** Text of so many words, each request's its own. */
function words(count: number, first = 0): string {
  return Array.from({ length: count }, (_, i) => `gate ${first + i} opens`).join(" and ");
}

function bodyOf(model: string, content: string): string {
  return chatBody({ model, max_tokens: 5, messages: [{ role: "user", content }] });
}

describe("token counts", () => {
  const running = useTestStack({ config });
  let stack: TestStack;
  before(() => {
    stack = running();
  });
  beforeEach(() => stack.alpha.reset());

  /** The record of the exchange with this body. */
  async function recordOf(body: string): ReturnType<TestStack["record"]> {
    return stack.record((await ask(stack.baseUrl, body)).exchange);
  }

  async function ratios(adminUrl: string): Promise<ReadonlyMap<string, number>> {
    const text = await (await fetch(`${adminUrl}/metrics`)).text();
    const lines = text.matchAll(/^tollgate_token_ratio\{target="([^"]+)"\} (\S+)$/gm);
    return new Map([...lines].map(([, target = "", value]) => [target, Number(value)]));
  }

  it("are answered here, by the model's own family, and nothing leaves", async () => {
    const messages = [{ role: "user", content: words(100) }];
    const text = counterOf("", "gpt-4o").count(words(100));
    const root = stack.baseUrl.replace("/v1", "");
    const cases = [
      ["/v1/messages/count_tokens", { model: "exact", messages }, "input_tokens", text + 7],
      ["/v1/responses/input_tokens", { model: "exact", input: words(100) }, "input_tokens", text + 7],
      [
        "/v1beta/models/exact:countTokens",
        { contents: [{ parts: [{ text: words(100) }] }] },
        "totalTokens",
        text + 7,
      ],
    ] as const;
    for (const [path, body, field, tokens] of cases) {
      const answer = await ask(root, JSON.stringify(body), { path });
      assert.equal(answer.status, 200, answer.text);
      assert.equal(JSON.parse(answer.text)[field], tokens, path);
    }
    assert.equal(stack.alpha.received().length, 0);
  });

  it("are the provider's own for an exact family, and stay so whatever is billed", async () => {
    for (let i = 0; i < 3; i++) {
      const record = await recordOf(bodyOf("exact", words(150, i)));
      assert.equal(record.counted_input_tokens, record.input_tokens);
    }
    assert.ok(Math.abs(((await ratios(stack.stack.gateway.adminUrl)).get("alpha/gpt-4o") ?? 0) - 1) < 0.001);
  });

  it("without the provider's usage are counted, and within 1 % of what it bills", async () => {
    stack.alpha.setFaults({ noUsage: true });
    const record = await recordOf(bodyOf("exact", words(400)));
    const billed = stack.alpha.received()[0]?.billed;
    assert.equal(record.usage_source, "counted");
    assert.ok(billed);
    assert.ok(Math.abs(Number(record.input_tokens) / billed.inputTokens - 1) < 0.01);
    assert.ok(Math.abs(Number(record.output_tokens) - billed.outputTokens) <= 1);
  });

  it("near what the provider bills for a model of no known family, and the hold covers it all the way", async () => {
    let record = await recordOf(bodyOf("unknown", words(150)));
    const billed = Number(record.input_tokens);
    const off = Number(record.counted_input_tokens) / billed - 1;
    assert.ok(off > 0.1, `the estimate is ${off} off at first`);
    for (let i = 1; i < 40; i++) {
      record = await recordOf(bodyOf("unknown", words(150, i)));
      assert.ok(BigInt(String(record.held_nano_usd)) >= BigInt(String(record.cost_nano_usd)));
    }
    const left = Number(record.counted_input_tokens) / Number(record.input_tokens) - 1;
    assert.ok(Math.abs(left) < 0.01, `the estimate is still ${left} off`);
    const ratio = (await ratios(stack.stack.gateway.adminUrl)).get("alpha/model-a") ?? 0;
    assert.ok(Math.abs(ratio * (1 + off) - 1) < 0.02, `the metric says ${ratio}`);
  });

  it("are borrowed from no other model", async () => {
    const text = words(200);
    const record = await recordOf(bodyOf("claude-x", text));
    const stated = counterOf("", "claude-x").count(text);
    assert.ok(Math.abs(Number(record.counted_input_tokens) - stated) < 20);
    assert.notEqual(record.counted_input_tokens, record.input_tokens);
  });

  it("refuse a prompt of 300 pages before it leaves", async () => {
    const page = words(125);
    const book = Array.from({ length: 300 }, () => page).join("\n\n");
    const answer = await ask(stack.baseUrl, bodyOf("exact", book), { key: "key-tiny" });
    assert.equal(answer.status, 400);
    assert.equal(errorOf(answer).code, "input_too_large");
    assert.match(errorOf(answer).message, /more than the 4000 input tokens/);
    assert.equal(stack.alpha.received().length, 0);
    const other = await ask(stack.baseUrl, bodyOf("exact", page), { key: "key-tiny" });
    assert.equal(other.status, 200, "a page passes");
    await stack.idle();
  });

  it("are given up when the client leaves, and nothing leaves after it", async () => {
    const leaving = new AbortController();
    // Letters that make no words take the longest to count: far longer than it takes to leave.
    const random = new Random(1);
    const letters = Buffer.from(Array.from({ length: 8_000_000 }, () => 97 + random.below(26)));
    const body = bodyOf("exact", letters.toString());
    const record = await stack.recordOf(async () => {
      const sent = send(stack.baseUrl, body, { signal: leaving.signal });
      await until(
        "the request is under way",
        async () => (await stack.metric("tollgate_open_exchanges")) > 0,
      );
      leaving.abort();
      await assert.rejects(sent);
    });
    assert.equal(record.ending, "downstream_reset");
    assert.equal(record.cost_nano_usd ?? "0", "0");
    assert.equal(stack.alpha.received().length, 0);
    await stack.idle();
  });

  it("keep what was learnt over a restart", async () => {
    const learnt = await ratios(stack.stack.gateway.adminUrl);
    assert.ok(learnt.has("alpha/model-a"));
    await stack.stop();
    const next = await Gateway.start({ snapshot: stack.stack.gateway.snapshot, log: createLog("error") });
    try {
      assert.deepEqual(await ratios(next.adminUrl), learnt);
    } finally {
      await next.close();
    }
  });
});
