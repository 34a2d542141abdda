import assert from "node:assert/strict";
import { beforeEach, describe, it } from "node:test";
import type { Faults } from "../../src/fake/faults.ts";
import { ask, chatBody, errorOf } from "../support/chat.ts";
import { useTestStack } from "../support/stack.ts";

const config = `
version: 1
listen: { address: "127.0.0.1:0" }
server: { address: "unix:./run/t.sock" }
admin: { address: "127.0.0.1:0" }
backends:
  alpha: { provider: openai-compatible, endpoint: "{{alpha}}/v1", apiKey: "\${env:ALPHA_KEY}", price: { input: 1, output: 2 } }
  beta: { provider: openai-compatible, endpoint: "{{beta}}/v1", apiKey: "\${env:BETA_KEY}", price: { input: 3, output: 4 } }
models:
  json: { targets: [alpha/model-a, beta/model-b], validate: { complete: true, json: true } }
  alone: { targets: [alpha/model-a], validate: { complete: true, json: true } }
identity: [{ type: api-key, file: ./keys.yaml }]
`;

const good = '{"mood":"good"}';
const bad = '{"mood":"go';

interface Attempt {
  readonly target: string;
  readonly status?: number;
  readonly class?: string;
  readonly failed_rules?: string;
  readonly cost_nano_usd: string;
  readonly usage?: { readonly input_tokens: number; readonly output_tokens: number };
}

describe("a model whose answers are checked", () => {
  const running = useTestStack({ config });
  const play = (alpha: Faults, beta: Faults = { text: good }): void => {
    running().alpha.setFaults(alpha);
    running().beta.setFaults(beta);
  };
  beforeEach(() => {
    running().alpha.reset();
    running().beta.reset();
    running().stack.gateway.targetHealth.forget();
  });

  for (const stream of [false, true]) {
    const how = stream ? "streamed" : "whole";

    it(`lets an answer pass that passes, ${how}`, async () => {
      play({ text: good });
      const { status, text, exchange } = await ask(running().baseUrl, chatBody({ model: "json", stream }));
      assert.equal(status, 200, text);
      const record = await running().record(exchange);
      assert.equal(record.validation_result, "passed");
      assert.equal(record.validation_rules, "complete,json");
      assert.equal(record.fallback_used, false);
      assert.equal(running().beta.received().length, 0);
    });

    it(`asks the next target when an answer fails, and shows nothing of it, ${how}`, async () => {
      play({ text: bad });
      const { status, text, headers, exchange } = await ask(
        running().baseUrl,
        chatBody({ model: "json", stream }),
      );
      assert.equal(status, 200, text);
      assert.equal(headers.get("x-tollgate-backend"), "beta");
      const record = await running().record(exchange);
      assert.equal(record.validation_result, "passed");
      assert.equal(record.fallback_reason, "quality");
      const [first, second] = record.attempts as readonly Attempt[];
      assert.equal(first?.class, "quality");
      assert.equal(first?.failed_rules, "json");
      assert.equal(first?.status, 200);
      assert.equal(second?.failed_rules, undefined);
    });

    it(`charges a failed answer to the nano-dollar, ${how}`, async () => {
      play({ text: bad });
      const { exchange } = await ask(running().baseUrl, chatBody({ model: "json", stream }));
      const record = await running().record(exchange);
      const [alpha] = running().alpha.received();
      const [beta] = running().beta.received();
      const cost = (billed: typeof alpha, input: bigint, output: bigint): bigint =>
        BigInt(billed!.billed!.inputTokens) * input + BigInt(billed!.billed!.outputTokens) * output;
      const [first, second] = record.attempts as readonly Attempt[];
      assert.equal(first?.cost_nano_usd, String(cost(alpha, 1000n, 2000n)));
      assert.equal(second?.cost_nano_usd, String(cost(beta, 3000n, 4000n)));
      assert.equal(record.cost_nano_usd, String(cost(alpha, 1000n, 2000n) + cost(beta, 3000n, 4000n)));
      assert.equal(record.cost_max_nano_usd, "0");
      await running().idle();
    });

    it(`says which rule failed, and nothing of the answer, when nobody is left to ask, ${how}`, async () => {
      play({ text: bad });
      const answer = await ask(running().baseUrl, chatBody({ model: "alone", stream }));
      assert.equal(answer.status, 502);
      assert.equal(errorOf(answer).code, "validation_failed");
      assert.match(errorOf(answer).message, /\bjson\b/);
      assert.doesNotMatch(answer.text, /mood/);
      const record = await running().record(answer.exchange);
      assert.equal(record.validation_result, "failed");
      assert.equal(record.validation_rules, "json");
      assert.equal(record.ending, "upstream_error");
      assert.equal(record.error_code, "validation_failed");
      assert.notEqual(record.cost_nano_usd, "0");
    });
  }
});
