import assert from "node:assert/strict";
import { before, beforeEach, describe, it } from "node:test";
import type { Faults } from "../../src/fake/faults.ts";
import { type Answer, ask, chatBody, errorOf, streamedText } from "../support/clients/chat.ts";
import { describeOnEveryEdge } from "../support/edge/every-edge.ts";
import { createAuthority } from "../support/stack/certificates.ts";
import { type TestStack, useTestStack } from "../support/stack/stack.ts";

/** What an attempt's entry in a record says. */
interface Attempt {
  readonly target: string;
  readonly status?: number;
  readonly flags?: string;
  readonly class?: string;
  readonly cost_nano_usd?: string;
}

/** The second backend is reached over TLS, and believed on the word of this authority alone. */
const authority = createAuthority("authority");
const config = `
version: 1
listen: { address: "127.0.0.1:0" }
server: { address: "unix:./run/t.sock" }
admin: { address: "127.0.0.1:0" }
retries: { atLeastPerSecond: 1000 }
backends:
  alpha: { provider: openai-compatible, endpoint: "{{alpha}}/v1", apiKey: "\${env:ALPHA_KEY}", price: { input: 1, output: 2 } }
  beta: { provider: openai-compatible, endpoint: "https://localhost:{{beta.port}}/v1", apiKey: "\${env:BETA_KEY}", price: { input: 3, output: 4 }, tls: { ca: ./authority.pem } }
models:
  both: { targets: [alpha/model-a, beta/model-b] }
  quick: { targets: [alpha/model-a, beta/model-b], timeouts: { attempt: 1s } }
identity:
  - { type: api-key, file: ./keys.yaml }
`;

describeOnEveryEdge("fallback", (edge) => {
  const running = useTestStack({
    edge,
    config,
    files: { "authority.pem": authority.cert },
    beta: { tls: authority.issue(["localhost"]) },
  });
  let stack: TestStack;
  before(() => {
    stack = running();
  });

  /** Asks while the first backend has these faults. */
  async function askFaulted(faults: Faults, body = chatBody(), headers = {}): Promise<Answer> {
    stack.stack.gateway.targetHealth.forget();
    stack.alpha.reset();
    stack.beta.reset();
    stack.alpha.setFaults(faults);
    return ask(stack.baseUrl, body, { headers });
  }

  describe("when the first backend fails, the second answers", () => {
    const cases: readonly (readonly [string, Faults, Partial<Attempt>, string])[] = [
      ["answers 500", { status: 500 }, { status: 500, class: "overloaded" }, "provider"],
      ["answers 503", { status: 503 }, { status: 503, class: "overloaded" }, "provider"],
      ["answers 429", { error: "rate-limit" }, { status: 429, class: "rate_limited" }, "throttle"],
      ["answers 401", { error: "auth" }, { status: 401, class: "auth_or_quota" }, "provider"],
      [
        "resets before the headers",
        { reset: "before-headers" },
        { flags: "UC", class: "overloaded" },
        "provider",
      ],
      ["hangs past timeouts.attempt", { hang: true }, { flags: "UT", class: "timeout" }, "timeout"],
    ];
    for (const [title, faults, attempt, reason] of cases) {
      for (const stream of [false, true]) {
        it(`${title}, ${stream ? "streamed" : "whole"}`, async () => {
          const model = faults.hang === true ? "quick" : "both";
          const answer = await askFaulted(faults, chatBody({ model, stream }));
          assert.equal(answer.status, 200, answer.text);
          assert.equal(answer.headers.get("x-tollgate-backend"), "beta");
          assert.equal(answer.headers.get("x-tollgate-attempts"), "2");
          if (stream) assert.ok(streamedText(answer.text).length > 0);
          const record = await stack.record(answer.exchange);
          const attempts = record.attempts as readonly Attempt[];
          assert.equal(record.fallback_used, true);
          assert.equal(record.fallback_reason, reason);
          assert.equal(record.model_route, "beta/model-b");
          assert.equal(record.ending, "completed");
          assert.deepEqual(
            attempts.map(({ target }) => target),
            ["alpha/model-a", "beta/model-b"],
          );
          assert.equal(attempts[0]?.status, attempt.status);
          assert.equal(attempts[0]?.class, attempt.class);
          if (attempt.flags !== undefined)
            assert.ok(attempts[0]?.flags?.split(",").includes(attempt.flags), JSON.stringify(attempts));
          assert.equal(attempts[1]?.status, 200);
          assert.equal(attempts[1]?.class, undefined);
        });
      }
    }

    it("refuses connections", async () => {
      stack.stack.gateway.targetHealth.forget();
      stack.beta.reset();
      await stack.alpha.refuse();
      try {
        const answer = await ask(stack.baseUrl);
        assert.equal(answer.status, 200, answer.text);
        const record = await stack.record(answer.exchange);
        const [first] = record.attempts as readonly Attempt[];
        assert.equal(first?.flags, "UF");
        assert.equal(record.cost_nano_usd, String(costAtBeta()));
      } finally {
        await stack.alpha.accept();
      }
    });

    it("pays for a first backend that was cut off by the deadline, since it may bill", async () => {
      const answer = await askFaulted({ hang: true }, chatBody({ model: "quick" }));
      const record = await stack.record(answer.exchange);
      const [first] = record.attempts as readonly Attempt[];
      assert.ok(Number(first?.cost_nano_usd) > 0);
      assert.equal(BigInt(record.cost_nano_usd as string), BigInt(first?.cost_nano_usd ?? 0) + costAtBeta());
      assert.equal(record.cost_max_nano_usd, first?.cost_nano_usd);
    });

    it("pays nothing for a first backend that refused", async () => {
      const answer = await askFaulted({ status: 503 });
      const record = await stack.record(answer.exchange);
      assert.equal(record.cost_nano_usd, String(costAtBeta()));
    });
  });

  /** What the second backend bills for its last answer: $3 and $4 a million tokens. */
  function costAtBeta(): bigint {
    const billed = stack.beta.received().at(-1)?.billed;
    assert.ok(billed);
    return BigInt(billed.inputTokens) * 3_000n + BigInt(billed.outputTokens) * 4_000n;
  }

  describe("the second backend", () => {
    const clientHeaders = {
      cookie: "session=1",
      "x-api-key": "other",
      "x-tollgate-workflow": "support",
      "x-forwarded-for": "10.1.1.1",
      "x-request-id": "mine",
      "x-envoy-original-path": "/x",
      "x-custom": "1",
      "openai-organization": "org-of-the-client",
      traceparent: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
    };

    it("gets its own key, path and model, and nothing of the first or of the client", async () => {
      const body = chatBody({ metadata: { a: "b" }, contract: { workflow: "support" } });
      const answer = await askFaulted({ status: 500 }, body, clientHeaders);
      assert.equal(answer.status, 200, answer.text);
      const got = stack.beta.received().at(-1);
      assert.ok(got);
      assert.equal(got.headers.authorization, "Bearer beta-secret");
      assert.equal(got.path, "/v1/chat/completions");
      assert.equal(got.headers.host, `localhost:${stack.beta.port}`);
      assert.equal(got.tls?.sni, "localhost");
      assert.equal(JSON.parse(got.body ?? "").model, "model-b");
      assert.equal(JSON.parse(got.body ?? "").contract, undefined);
      assert.equal(Number(got.headers["content-length"]), got.bodyBytes);
      const whole = JSON.stringify([got.headers, got.path, got.body]);
      for (const foreign of [
        "alpha",
        "model-a",
        "key-acme",
        "session=1",
        'secret"',
        "10.1.1.1",
        "org-of-the-client",
      ])
        assert.ok(foreign === 'secret"' || !whole.includes(foreign), `${foreign} in ${whole}`);
      assert.deepEqual(Object.keys(got.headers).filter(isForeign), []);
    });

    it("is told no more than the first: both get the same headers but for what is theirs", async () => {
      await askFaulted({ status: 500 }, chatBody(), clientHeaders);
      const names = (headers: Readonly<Record<string, string>> = {}) => Object.keys(headers).sort();
      const [first] = stack.alpha.received();
      const [second] = stack.beta.received();
      assert.deepEqual(names(second?.headers), names(first?.headers));
      assert.deepEqual(names(first?.headers).filter(isForeign), []);
      assert.equal(first?.headers["x-request-id"], second?.headers["x-request-id"]);
      assert.notEqual(first?.headers["x-request-id"], "mine");
    });

    it("gets the whole request, however long", async () => {
      const content = "toll ".repeat(100_000);
      const answer = await askFaulted({ status: 500 }, chatBody({ messages: [{ role: "user", content }] }));
      assert.equal(answer.status, 200, answer.text.slice(0, 300));
      const got = stack.beta.received().at(-1);
      assert.equal(JSON.parse(got?.body ?? "").messages[0].content, content);
    });
  });

  function isForeign(name: string): boolean {
    return (
      /^x-(envoy|tollgate|forwarded)/.test(name) ||
      ["cookie", "x-api-key", "x-custom", "openai-organization", "traceparent", "te"].includes(name)
    );
  }

  describe("when both backends fail", () => {
    beforeEach(() => stack.stack.gateway.targetHealth.forget());

    const cases: readonly (readonly [string, Faults, number, string | null])[] = [
      ["answer 500", { status: 500 }, 500, null],
      ["answer 429", { error: "rate-limit" }, 429, "rate_limit_exceeded"],
      ["refuse the gateway's key", { error: "auth" }, 502, "upstream_auth"],
      ["reset", { reset: "before-headers" }, 503, "upstream_unavailable"],
      ["hang", { hang: true }, 504, "timeout"],
    ];
    for (const [title, faults, status, code] of cases) {
      it(`and ${title}, the client gets a clear error and the hold is released`, async () => {
        stack.beta.reset();
        stack.beta.setFaults(faults);
        stack.alpha.reset();
        stack.alpha.setFaults(faults);
        const answer = await ask(stack.baseUrl, chatBody({ model: faults.hang === true ? "quick" : "both" }));
        assert.equal(answer.status, status, answer.text);
        const error = errorOf(answer);
        if (code !== null) assert.equal(error.code, code);
        assert.ok(error.message.length > 0);
        assert.ok(!/alpha|beta|secret|127\.0\.0\.1/.test(answer.text), answer.text);
        assert.equal(stack.alpha.received().length, 1);
        assert.equal(stack.beta.received().length, 1);
        const record = await stack.record(answer.exchange);
        assert.equal(record.fallback_used, false, "nobody answered");
        assert.equal((record.attempts as readonly Attempt[]).length, 2);
        assert.notEqual(record.ending, "completed");
        if (faults.hang !== true) assert.equal(record.cost_nano_usd, "0");
        await stack.idle();
      });
    }

    it("because nobody listens, the client gets a clear error", async () => {
      await stack.alpha.refuse();
      await stack.beta.refuse();
      try {
        const answer = await ask(stack.baseUrl);
        assert.equal(answer.status, 503);
        assert.equal(errorOf(answer).code, "upstream_unavailable");
        const record = await stack.record(answer.exchange);
        assert.equal(record.cost_nano_usd, "0");
        assert.equal(record.error_code, "upstream_unavailable");
        await stack.idle();
      } finally {
        await stack.alpha.accept();
        await stack.beta.accept();
      }
    });
  });

  describe("no fallback", () => {
    it("is absolute when the client asks for it", async () => {
      for (const faults of [
        { status: 500 },
        { reset: "before-headers" },
        { error: "rate-limit" },
      ] as Faults[]) {
        const answer = await askFaulted(faults, chatBody(), { "x-tollgate-no-fallback": "true" });
        assert.ok(answer.status >= 429, answer.text);
        errorOf(answer);
        assert.equal(stack.alpha.received().length, 1);
        assert.equal(stack.beta.received().length, 0);
        const record = await stack.record(answer.exchange);
        assert.equal(record.fallback_used, false);
      }
    });

    it("follows an answer that every backend would give", async () => {
      const answer = await askFaulted({ error: "bad-request" });
      assert.equal(answer.status, 400);
      assert.equal(stack.beta.received().length, 0);
      const record = await stack.record(answer.exchange);
      assert.equal(record.cost_nano_usd, "0");
      assert.equal(record.fallback_used, false);
    });

    it("follows once an answer has begun", async () => {
      const answer = await askFaulted(
        { tokens: 200, reset: 4, tokenDelayMs: 5 },
        chatBody({ stream: true }),
      ).catch(() => undefined);
      assert.ok(answer === undefined || !answer.text.includes("[DONE]"));
      assert.equal(stack.beta.received().length, 0);
    });

    it("leaves nothing open behind", async () => {
      await stack.idle();
      assert.equal(await stack.metric("tollgate_bugs_total"), 0);
    });
  });
});
