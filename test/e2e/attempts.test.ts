import assert from "node:assert/strict";
import { before, beforeEach, describe, it } from "node:test";
import type { Faults } from "../../src/fake/faults.ts";
import type { StoredRecord } from "../../src/usage/read.ts";
import { type Answer, ask, chatBody, errorOf } from "../support/clients/chat.ts";
import { type TestStack, useTestStack } from "../support/stack/stack.ts";

const config = `
version: 1
listen: { address: "127.0.0.1:0" }
server: { address: "unix:./run/t.sock" }
admin: { address: "127.0.0.1:0" }
retries: { atLeastPerSecond: 1000 }
backends:
  alpha: { provider: openai-compatible, endpoint: "{{alpha}}/v1", apiKey: "\${env:ALPHA_KEY}", price: { input: 1, output: 2 } }
  small: { provider: openai-compatible, endpoint: "{{alpha}}/v1", apiKey: "\${env:ALPHA_KEY}", price: { input: 1, output: 2 }, contextWindow: 8192 }
  claude: { provider: anthropic, endpoint: "{{alpha}}", apiKey: "\${env:ALPHA_KEY}", price: { input: 1, output: 2 } }
  gemini: { provider: gemini, endpoint: "{{alpha}}", apiKey: "\${env:ALPHA_KEY}", price: { input: 1, output: 2 } }
  bedrock: { provider: bedrock, region: us-east-1, endpoint: "{{alpha}}", apiKey: "\${env:ALPHA_KEY}", price: { input: 1, output: 2 } }
  beta: { provider: openai-compatible, endpoint: "{{beta}}/v1", apiKey: "\${env:BETA_KEY}", price: { input: 3, output: 4 } }
models:
  openai: { targets: [alpha/model-a, beta/model-b] }
  anthropic: { targets: [claude/claude-sonnet-4-5, beta/model-b] }
  gemini: { targets: [gemini/gemini-2.5-flash, beta/model-b] }
  bedrock: { targets: [bedrock/us.amazon.nova-pro-v1:0, beta/model-b] }
  growing: { targets: [alpha/gpt-3.5-turbo, alpha/gpt-3.5-turbo-0125, alpha/model-a, beta/gpt-4.1] }
  declared: { targets: [small/model-a, beta/model-b, beta/gpt-4o] }
  shrinking: { targets: [alpha/gpt-4.1, beta/gpt-3.5-turbo, beta/model-b] }
  patient: { targets: [alpha/model-a], timeouts: { attempt: 1s, retryAfter: 20s } }
  patient-two: { targets: [alpha/model-a, beta/model-b], timeouts: { retryAfter: 20s } }
  hurried: { targets: [alpha/model-a], timeouts: { total: 19200ms, retryAfter: 19s } }
  batch: { targets: [alpha/model-a], timeouts: { latencyClass: { batch: { retryAfter: 2s } } } }
identity: [{ type: api-key, file: ./keys.yaml }]
`;

interface Attempt {
  readonly target: string;
  readonly status?: number;
  readonly class?: string;
}

describe("a failed attempt", () => {
  const running = useTestStack({ config });
  let stack: TestStack;
  before(() => {
    stack = running();
  });
  beforeEach(() => {
    stack.stack.gateway.targetHealth.forget();
    stack.alpha.reset();
    stack.beta.reset();
  });

  interface Asked {
    readonly answer: Answer;
    readonly record: StoredRecord;
    readonly attempts: readonly Attempt[];
    readonly tookMs: number;
  }

  async function call(model: string, stream = false, headers: Record<string, string> = {}): Promise<Asked> {
    const startedMs = performance.now();
    const answer = await ask(stack.baseUrl, chatBody({ model, stream }), { headers });
    const tookMs = performance.now() - startedMs;
    const record = await stack.record(answer.exchange);
    return { answer, record, attempts: record.attempts as readonly Attempt[], tookMs };
  }

  const asked = (): readonly [alpha: number, beta: number] => [
    stack.alpha.received().length,
    stack.beta.received().length,
  ];

  const providers = ["openai", "anthropic", "gemini", "bedrock"] as const;

  describe("for the provider's account with us or its limits goes to the next target, and the provider is ejected", () => {
    const kinds: Readonly<Record<string, string>> = {
      "rate-limit": "rate_limited",
      quota: "auth_or_quota",
      auth: "auth_or_quota",
      billing: "auth_or_quota",
    };
    for (const provider of providers)
      for (const [error, failure] of Object.entries(kinds))
        it(`${provider}: ${error}`, async () => {
          stack.alpha.setFaults({ error, retryAfter: "60" } as Faults);
          for (const stream of [false, true, false]) {
            const { answer, record, attempts } = await call(provider, stream);
            assert.equal(answer.status, 200, answer.text);
            assert.equal(record.model_route, "beta/model-b");
            if (attempts.length === 2) assert.equal(attempts[0]?.class, failure);
          }
          assert.deepEqual(asked(), [1, 3]);
        });
  });

  describe("that every target would repeat is the client's to see, and nobody else is asked", () => {
    const refusals: readonly Faults[] = [
      { error: "bad-request" },
      { error: "content-filter" },
      { error: "too-large" },
      { status: 422 },
    ];
    for (const provider of providers)
      for (const faults of refusals)
        it(`${provider}: ${faults.error ?? faults.status}`, async () => {
          stack.alpha.setFaults(faults);
          for (const stream of [false, true]) {
            const { answer, attempts } = await call(provider, stream);
            if (answer.status === 200) assert.match(answer.text, /"finish_reason":"content_filter"/);
            else assert.ok(answer.status < 500 && errorOf(answer).message.length > 0, answer.text);
            assert.equal(attempts.length, 1);
          }
          assert.deepEqual(asked(), [2, 0]);
        });
  });

  describe("for a request longer than the context window", () => {
    for (const stream of [false, true]) {
      const kind = stream ? "streamed" : "whole";
      it(`goes to the next larger window alone, ${kind}`, async () => {
        stack.alpha.setFaults({ error: "context-length" });
        const { answer, attempts } = await call("growing", stream);
        assert.equal(answer.status, 200, answer.text);
        assert.deepEqual(
          attempts.map(({ target }) => target),
          ["alpha/gpt-3.5-turbo", "beta/gpt-4.1"],
        );
        assert.equal(attempts[0]?.class, "context_length");
        assert.deepEqual(asked(), [1, 1]);
      });

      it(`goes by the window that a backend declares, ${kind}`, async () => {
        stack.alpha.setFaults({ error: "context-length" });
        const { attempts } = await call("declared", stream);
        assert.deepEqual(
          attempts.map(({ target }) => target),
          ["small/model-a", "beta/gpt-4o"],
        );
      });

      it(`is the client's to see when no window is larger, ${kind}`, async () => {
        stack.alpha.setFaults({ error: "context-length" });
        const { answer, record } = await call("shrinking", stream);
        assert.equal(answer.status, 400, answer.text);
        assert.equal(errorOf(answer).code, "context_length_exceeded");
        assert.deepEqual(asked(), [1, 0]);
        assert.equal(record.fallback_used, false);
      });
    }

    for (const faults of [
      { status: 500 },
      { error: "rate-limit" },
      { reset: "before-headers" },
      { errorEvent: 0 },
    ] as Faults[])
      it(`ends with the larger window when that fails too: ${JSON.stringify(faults)}`, async () => {
        for (const stream of [false, true]) {
          stack.stack.gateway.targetHealth.forget();
          stack.alpha.setFaults({ error: "context-length" });
          stack.beta.setFaults(faults);
          const before = asked();
          const { answer, attempts } = await call("growing", stream);
          assert.ok(answer.status >= 429, answer.text);
          errorOf(answer);
          assert.equal(attempts.length, 2);
          assert.deepEqual(asked(), [before[0] + 1, before[1] + 1]);
        }
      });
  });

  describe("with Retry-After", () => {
    it("is made again at the only target when it has passed", async () => {
      stack.alpha.setFaults({ error: "rate-limit", retryAfter: "1" }, 1);
      const { answer, attempts, tookMs } = await call("patient");
      assert.equal(answer.status, 200, answer.text);
      assert.deepEqual(asked(), [2, 0]);
      assert.deepEqual(
        attempts.map(({ target, status }) => `${target} ${status}`),
        ["alpha/model-a 429", "alpha/model-a 200"],
      );
      assert.ok(tookMs >= 1_000, `${tookMs} ms`);
    });

    it("goes to the next target at once, and back to none", async () => {
      stack.alpha.setFaults({ error: "rate-limit", retryAfter: "19" });
      const { answer, tookMs } = await call("patient-two");
      assert.equal(answer.status, 200, answer.text);
      assert.ok(tookMs < 19_000, `${tookMs} ms`);
      assert.deepEqual(asked(), [1, 1]);
    });

    it("is made again at the last of several targets, streamed", async () => {
      stack.alpha.setFaults({ status: 503 });
      stack.beta.setFaults({ error: "rate-limit", retryAfter: "1" }, 1);
      const { answer } = await call("patient-two", true);
      assert.equal(answer.status, 200, answer.text);
      assert.deepEqual(asked(), [1, 2]);
    });

    it("is made again once at most, where the request's latency class waits at all", async () => {
      stack.alpha.setFaults({ error: "rate-limit", retryAfter: "1" });
      const { answer } = await call("batch", false, { "x-tollgate-latency-class": "batch" });
      assert.equal(answer.status, 429, answer.text);
      assert.deepEqual(asked(), [2, 0]);
    });

    const impatient: readonly (readonly [string, string, Faults, Record<string, string>])[] = [
      ["asks for longer than the model waits", "patient", { error: "rate-limit", retryAfter: "30" }, {}],
      ["would not leave time for an answer", "hurried", { error: "rate-limit", retryAfter: "19" }, {}],
      ["does not say how long", "patient", { error: "rate-limit" }, {}],
      ["comes to a model that does not wait", "batch", { error: "rate-limit", retryAfter: "19" }, {}],
      [
        "comes to a client that wants no fallback",
        "patient",
        { error: "rate-limit", retryAfter: "19" },
        { "x-tollgate-no-fallback": "true" },
      ],
    ];
    for (const [title, model, faults, headers] of impatient)
      it(`is passed on at once when it ${title}`, async () => {
        stack.alpha.setFaults(faults);
        const { answer, tookMs } = await call(model, false, headers);
        assert.equal(answer.status, 429, answer.text);
        assert.ok(tookMs < 19_000, `${tookMs} ms`);
        assert.deepEqual(asked(), [1, 0]);
      });
  });

  describe("of a model that would wait", () => {
    const cases: readonly (readonly [Faults, number, string])[] = [
      [{ status: 500 }, 500, "upstream_error"],
      [{ error: "auth" }, 502, "upstream_error"],
      [{ error: "bad-request" }, 400, "upstream_error"],
      [{ hang: true }, 504, "timeout"],
      [{ reset: "before-headers" }, 503, "upstream_error"],
      [{ empty: "body" }, 502, "upstream_error"],
    ];
    for (const [faults, status, ending] of cases)
      it(`is made once when there is nothing to wait for: ${JSON.stringify(faults)}`, async () => {
        for (const stream of [false, true]) {
          const before = asked();
          stack.alpha.setFaults(faults);
          const { answer, record, attempts } = await call("patient", stream);
          assert.equal(answer.status, status, answer.text);
          errorOf(answer);
          assert.equal(record.ending, ending);
          assert.equal(attempts.length, 1);
          assert.deepEqual(asked(), [before[0] + 1, 0]);
        }
      });

    it("is a clear error when nobody listens", async () => {
      await stack.alpha.refuse();
      try {
        const { answer, record, attempts } = await call("patient");
        assert.equal(answer.status, 503, answer.text);
        assert.equal(errorOf(answer).code, "upstream_unavailable");
        assert.equal(attempts.length, 1);
        assert.equal(record.cost_nano_usd, "0");
      } finally {
        await stack.alpha.accept();
      }
    });
  });

  it("leaves nothing open behind", async () => {
    await stack.idle();
    assert.equal(await stack.metric("tollgate_bugs_total"), 0);
  });
});
