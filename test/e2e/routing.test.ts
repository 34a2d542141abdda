import assert from "node:assert/strict";
import { join } from "node:path";
import { before, beforeEach, describe, it } from "node:test";
import type { TargetRow } from "../../src/admin/targets-api.ts";
import { ask, chatBody, errorOf } from "../support/clients/chat.ts";
import { type TestStack, useTestStack } from "../support/stack/stack.ts";
import { runLine } from "../support/stack/terminal.ts";

const config = `
version: 1
listen: { address: "127.0.0.1:0" }
server: { address: "unix:./run/t.sock" }
admin: { address: "127.0.0.1:0" }
retries: { atLeastPerSecond: 1000 }
backends:
  alpha: { provider: openai-compatible, endpoint: "{{alpha}}/v1", apiKey: "\${env:ALPHA_KEY}", private: true, region: eu, price: { input: 5, output: 9 } }
  beta: { provider: openai-compatible, endpoint: "{{beta}}/v1", apiKey: "\${env:BETA_KEY}", region: us, sensitivity: [public, internal], price: { input: 1, output: 2 } }
models:
  both: { targets: [alpha/model-a, beta/model-b] }
  cheap: { select: least-cost, targets: [alpha/model-a, beta/model-b] }
  fast: { select: least-latency, targets: [alpha/model-a, beta/model-b] }
  shared: { select: weighted, targets: [{ to: alpha/model-a, weight: 1 }, { to: beta/model-b, weight: 1 }] }
  mine: { select: sticky, key: [user_id, workflow], targets: [alpha/model-a, beta/model-b] }
  spare: { targets: [alpha/model-a], fallback: [beta/model-b] }
  house: { targets: [alpha/model-a] }
  abroad: { targets: [beta/model-b] }
  small: { targets: [beta/gpt-3.5-turbo-0125, alpha/model-a] }
routes:
  - { when: { sensitivity: restricted }, use: both, only: { private: true } }
  - { when: { sensitivity: confidential }, only: { region: eu } }
  - { when: { workflow: [summarize, classify] }, use: abroad }
  - { when: { inputTokens: ">2000" }, use: house }
bounds:
  - { name: residency, when: { latency_class: batch }, only: { region: eu } }
identity:
  - { type: api-key, file: ./keys.yaml }
`;

describe("routing", () => {
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

  const backendOf = async (model: string, headers: Record<string, string> = {}): Promise<string | null> => {
    const answer = await ask(stack.baseUrl, chatBody({ model }), { headers });
    assert.equal(answer.status, 200, answer.text);
    return answer.headers.get("x-tollgate-backend");
  };

  describe("by contract", () => {
    it("serves a workflow by the model its route names, whatever the client asked for", async () => {
      assert.equal(await backendOf("house", { "x-tollgate-workflow": "summarize" }), "beta");
      assert.equal(await backendOf("house", { "x-tollgate-workflow": "other" }), "alpha");
    });

    it("serves a request that leaves the model to the route", async () => {
      assert.equal(await backendOf("auto", { "x-tollgate-workflow": "classify" }), "beta");
    });

    it("refuses a request that leaves the model to a route that does not exist", async () => {
      const answer = await ask(stack.baseUrl, chatBody({ model: "auto" }));
      assert.equal(answer.status, 404, answer.text);
      assert.match(errorOf(answer).message, /name one/);
    });

    it("routes by the size of the input", async () => {
      const messages = [{ role: "user", content: "long ".repeat(3_000) }];
      const answer = await ask(stack.baseUrl, chatBody({ model: "abroad", messages }));
      assert.equal(answer.headers.get("x-tollgate-backend"), "alpha", answer.text);
    });
  });

  describe("within bounds that no route lifts", () => {
    it("keeps a request where it must stay, and names both in the record", async () => {
      const headers = { "x-tollgate-latency-class": "batch" };
      const answer = await ask(stack.baseUrl, chatBody({ model: "both" }), { headers });
      assert.equal(answer.headers.get("x-tollgate-backend"), "alpha");
      const record = await stack.record(answer.exchange);
      assert.deepEqual([record.route, record.bounds, record.fallback_used], [undefined, "residency", false]);
    });

    it("refuses what a route would send elsewhere, names who refused, and asks nobody", async () => {
      const headers = { "x-tollgate-latency-class": "batch", "x-tollgate-workflow": "summarize" };
      const answer = await ask(stack.baseUrl, chatBody({ model: "both" }), { headers });
      assert.equal(answer.status, 503, answer.text);
      assert.match(errorOf(answer).message, /routes\[2\].*residency/);
      assert.equal(stack.beta.received().length, 0);
      const record = await stack.record(answer.exchange);
      assert.deepEqual([record.route, record.bounds], ["routes[2]", "residency"]);
    });
  });

  describe("within bounds that no fallback crosses", () => {
    for (const sensitivity of ["restricted", "confidential"]) {
      it(`answers 503 when the only backend for ${sensitivity} requests is down, and asks no other`, async () => {
        stack.alpha.setFaults({ status: 503 });
        const answer = await ask(stack.baseUrl, chatBody({ model: "both" }), {
          headers: { "x-tollgate-sensitivity": sensitivity },
        });
        assert.equal(answer.status, 503, answer.text);
        assert.equal(stack.beta.received().length, 0);
      });
    }

    it("says why, when no target may answer", async () => {
      const answer = await ask(stack.baseUrl, chatBody({ model: "abroad" }), {
        headers: { "x-tollgate-sensitivity": "confidential" },
      });
      assert.equal(answer.status, 503, answer.text);
      assert.match(errorOf(answer).message, /it may not be sent what is confidential/);
      assert.equal(stack.beta.received().length, 0);
      assert.equal((await stack.record(answer.exchange)).error_code, "no_backend");
    });

    it("leaves out a target whose context window is too small", async () => {
      const messages = [{ role: "user", content: "word ".repeat(1_500) }];
      assert.equal(
        (await ask(stack.baseUrl, chatBody({ model: "small", messages }))).headers.get("x-tollgate-backend"),
        "beta",
      );
      const long = [{ role: "user", content: "word ".repeat(17_000) }];
      const answer = await ask(stack.baseUrl, chatBody({ model: "small", messages: long }));
      assert.equal(answer.headers.get("x-tollgate-backend"), "alpha", answer.text);
    });
  });

  describe("by selection", () => {
    it("asks the cheapest first", async () => assert.equal(await backendOf("cheap"), "beta"));

    it("asks the same backend for the same user and workflow", async () => {
      const first = await backendOf("mine", { "x-tollgate-workflow": "w1" });
      for (let index = 0; index < 5; index += 1)
        assert.equal(await backendOf("mine", { "x-tollgate-workflow": "w1" }), first);
    });

    it("shares traffic by weight", async () => {
      const first = new Set<string | null>();
      for (let index = 0; index < 40 && first.size < 2; index += 1) first.add(await backendOf("shared"));
      assert.deepEqual([...first].sort(), ["alpha", "beta"]);
    });

    it("gives a slow backend less than a tenth of 200 requests", async () => {
      stack.alpha.setFaults({ firstTokenDelayMs: 60 });
      let slow = 0;
      for (let index = 0; index < 200; index += 1) if ((await backendOf("fast")) === "alpha") slow += 1;
      assert.ok(slow < 20, `${slow} of 200`);
    });

    it("falls back to the spare one", async () => {
      stack.alpha.setFaults({ status: 500 });
      assert.equal(await backendOf("spare"), "beta");
    });
  });

  describe("by health", () => {
    it("stops asking a backend that fails, and asks again once it has rested", async () => {
      stack.alpha.setFaults({ status: 500 });
      for (let index = 0; index < 30; index += 1) assert.equal(await backendOf("both"), "beta");
      const asked = stack.alpha.received().length;
      assert.ok(asked >= 5 && asked <= 10, `asked ${asked} times in 30 requests`);
      stack.alpha.setFaults({});
      const deadline = performance.now() + 5_000;
      while ((await backendOf("both")) !== "alpha")
        assert.ok(performance.now() < deadline, "the backend is asked again");
    });

    it("leaves a backend alone as long as its Retry-After says", async () => {
      stack.alpha.setFaults({ error: "rate-limit", retryAfter: "600" });
      for (let index = 0; index < 5; index += 1) assert.equal(await backendOf("both"), "beta");
      assert.equal(stack.alpha.received().length, 1);
    });

    it("leaves a backend alone as long as its 503 says", async () => {
      stack.alpha.setFaults({ status: 503, retryAfter: "600" });
      for (let index = 0; index < 5; index += 1) assert.equal(await backendOf("both"), "beta");
      assert.equal(stack.alpha.received().length, 1);
    });

    it("leaves a backend alone that refuses our credentials", async () => {
      stack.alpha.setFaults({ error: "auth" });
      for (let index = 0; index < 5; index += 1) assert.equal(await backendOf("both"), "beta");
      assert.equal(stack.alpha.received().length, 1);
    });

    it("says which targets are ejected, why and for how long", async () => {
      stack.alpha.setFaults({ error: "rate-limit", retryAfter: "600" });
      await backendOf("both");
      const admin = stack.stack.gateway.adminUrl;
      const { targets } = (await (await fetch(`${admin}/targets`)).json()) as { targets: TargetRow[] };
      const alpha = targets.find(({ target }) => target === "alpha/model-a");
      assert.equal(alpha?.state, "ejected");
      assert.equal(alpha.why, "throttled");
      assert.ok((alpha.ejected_ms ?? 0) > 590_000);
      const { out, code } = await runLine(
        ["status", "--admin", admin, "-c", join(stack.folder, "tollgate.yaml")],
        {
          cwd: stack.folder,
          env: { ALPHA_KEY: "alpha-secret", BETA_KEY: "beta-secret" },
        },
      );
      assert.equal(code, 0);
      assert.match(out, /alpha\/model-a +ejected: throttled +\d+ s/);
      assert.match(out, /beta\/model-b +healthy/);
    });

    it("goes on asking the only backend there is", async () => {
      stack.alpha.setFaults({ status: 500 });
      for (let index = 0; index < 8; index += 1) await ask(stack.baseUrl, chatBody({ model: "house" }));
      stack.alpha.setFaults({});
      assert.equal(await backendOf("house"), "alpha");
    });
  });
});
