import assert from "node:assert/strict";
import { before, beforeEach, it } from "node:test";
import type { Faults } from "../../src/fake/faults.ts";
import { ask, chatBody, streamedText } from "../support/clients/chat.ts";
import { describeOnEveryEdge } from "../support/edge/every-edge.ts";
import { type TestStack, useTestStack } from "../support/stack/stack.ts";

const config = `
version: 1
listen: { address: "127.0.0.1:0" }
server: { address: "unix:./run/t.sock" }
admin: { address: "127.0.0.1:0" }
retries: { atLeastPerSecond: 1000 }
backends:
  alpha: { provider: openai-compatible, endpoint: "{{alpha}}/v1", apiKey: "\${env:ALPHA_KEY}", price: { input: 1, output: 2 } }
  beta: { provider: openai-compatible, endpoint: "{{beta}}/v1", apiKey: "\${env:BETA_KEY}", price: { input: 3, output: 4 }, contextWindow: 1000000 }
models:
  both: { targets: [alpha/model-a, beta/model-b], timeouts: { attempt: 1200ms, firstToken: 1200ms } }
  status: { targets: [alpha/model-a, beta/model-b], failover: status }
identity: [{ type: api-key, file: ./keys.yaml }]
`;

interface Attempt {
  readonly target: string;
  readonly status?: number;
  readonly class?: string;
  readonly cost_nano_usd: string;
}

describeOnEveryEdge("an answer that breaks before its first content", (edge) => {
  const running = useTestStack({ config, edge });
  let stack: TestStack;
  before(() => {
    stack = running();
  });
  beforeEach(() => {
    stack.alpha.reset();
    stack.beta.reset();
    stack.stack.gateway.targetHealth.forget();
  });

  const faults: readonly (readonly [string, Faults, streamed: boolean])[] = [
    ["is cut", { cutAfter: 0 }, true],
    ["is cut", { cutAfter: 4 }, false],
    ["is reset", { reset: "after-headers" }, true],
    ["is reset", { reset: 4 }, false],
    ["holds bad JSON", { badJson: 0 }, true],
    ["holds bad JSON", { badJson: 4 }, false],
    ["is an error event", { errorEvent: 0 }, true],
    ["is an error inside a 200", { errorEvent: 0 }, false],
    ["is empty", { empty: "body" }, true],
    ["is empty", { empty: "body" }, false],
    ["has no content", { empty: "content" }, true],
    ["has no content", { empty: "content" }, false],
    ["stalls", { stallAfter: 0 }, true],
    ["stalls", { stallAfter: 4 }, false],
    ["is too slow", { firstTokenDelayMs: 5_000 }, true],
    ["is too long for the model", { error: "context-length" }, true],
    ["is too long for the model", { error: "context-length" }, false],
  ];
  for (const [title, fault, stream] of faults) {
    it(`${title}, ${stream ? "streamed" : "whole"}: the next backend answers, and no token of the first is seen`, async () => {
      stack.alpha.setFaults(fault);
      stack.beta.setFaults({ tokens: 6 });
      const answer = await ask(stack.baseUrl, chatBody({ model: "both", stream }));
      assert.equal(answer.status, 200, answer.text);
      assert.equal(answer.headers.get("x-tollgate-backend"), "beta");
      const expected = await ask(stack.beta.url.concat("/v1"), chatBody({ model: "model-b", stream }), {
        key: "beta-secret",
      });
      const textOf = (text: string): string =>
        stream
          ? streamedText(text)
          : (JSON.parse(text) as { choices: { message: { content: string } }[] }).choices[0]!.message.content;
      assert.equal(textOf(answer.text), textOf(expected.text));
      const record = await stack.record(answer.exchange);
      assert.equal(record.ending, "completed");
      assert.equal(record.fallback_used, true);
      assert.equal((record.attempts as readonly Attempt[]).length, 2);
      await stack.idle();
    });
  }

  it("is answered with a clear error when the next backend's answer breaks too", async () => {
    for (const stream of [true, false]) {
      stack.stack.gateway.targetHealth.forget();
      stack.alpha.setFaults({ errorEvent: 0 });
      stack.beta.setFaults({ errorEvent: 0 });
      const answer = await ask(stack.baseUrl, chatBody({ model: "both", stream }));
      assert.ok(answer.status >= 500, answer.text);
      assert.match(answer.text, /"error":/);
      const record = await stack.record(answer.exchange);
      assert.equal(record.ending, "upstream_error");
      assert.equal((record.attempts as readonly Attempt[]).length, 2);
    }
  });

  it("is no reason to ask anyone else once something has been said", async () => {
    for (const fault of [{ cutAfter: 4 }, { badJson: 4 }, { errorEvent: 4 }]) {
      stack.stack.gateway.targetHealth.forget();
      stack.alpha.setFaults(fault);
      const answer = await ask(stack.baseUrl, chatBody({ model: "both", stream: true }));
      assert.match(answer.text, /"error":/);
      assert.equal(stack.beta.received().length, 0);
    }
  });

  it("reaches the client as an error where a model asks for failover by status alone", async () => {
    for (const [title, fault, stream] of faults) {
      if (fault.stallAfter !== undefined || fault.firstTokenDelayMs !== undefined) continue;
      stack.stack.gateway.targetHealth.forget();
      stack.alpha.setFaults(fault);
      const answer = await ask(stack.baseUrl, chatBody({ model: "status", stream })).catch(() => undefined);
      // A cut says it all.
      if (answer !== undefined) assert.match(answer.text, /"error":/, `${title}, ${stream}`);
      assert.equal(stack.beta.received().length, 0, title);
    }
  });

  it("costs what the provider said it used, besides the answer that the client got", async () => {
    stack.alpha.setFaults({ badJson: 4 });
    const answer = await ask(stack.baseUrl, chatBody({ model: "both", stream: true, n: 1 }));
    assert.equal(answer.status, 200);
    const record = await stack.record(answer.exchange);
    const sum = (record.attempts as readonly Attempt[]).reduce(
      (total, one) => total + BigInt(one.cost_nano_usd),
      0n,
    );
    assert.equal(BigInt(record.cost_nano_usd as string), sum);
  });

  it("delays the fallback by no more than the deadline and 50 ms", async () => {
    stack.alpha.setFaults({ firstTokenDelayMs: 10_000 });
    const answer = await ask(stack.baseUrl, chatBody({ model: "both", stream: true }));
    const record = await stack.record(answer.exchange);
    const [first] = record.attempts as readonly { readonly ms: number }[];
    assert.ok((first?.ms ?? 0) >= 1_150 && (first?.ms ?? 0) <= 1_400, `${first?.ms} ms`);
  });

  it("leaves nothing open behind", async () => {
    await stack.idle();
    assert.equal(await stack.metric("tollgate_bugs_total"), 0);
  });
});
