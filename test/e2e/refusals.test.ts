import assert from "node:assert/strict";
import { connect } from "node:http2";
import { before, beforeEach, describe, it } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { ask, chatBody, errorOf, RawConnection, rawHead, send } from "../support/clients/chat.ts";
import { describeOnEveryEdge } from "../support/edge/every-edge.ts";
import { type TestStack, useTestStack } from "../support/stack/stack.ts";

const config = `
version: 1
listen: { address: "127.0.0.1:0", bodyLimit: 64KiB }
server: { address: "unix:./run/t.sock" }
admin: { address: "127.0.0.1:0" }
backends:
  alpha: { provider: openai-compatible, endpoint: "{{alpha}}/v1", apiKey: "\${env:ALPHA_KEY}", price: { input: 1, output: 2 } }
  beta: { provider: openai-compatible, endpoint: "{{beta}}/v1", apiKey: "\${env:BETA_KEY}", price: { input: 3, output: 4 } }
models:
  both: { targets: [alpha/model-a, beta/model-b] }
  one: { targets: [alpha/model-a] }
  acme-only: { targets: [alpha/gpt-4.1] }
  gpt-4.1: { targets: [alpha/gpt-4.1] }
  smart: { targets: [alpha/gpt-4.1-2025-04-14] }
  either: { targets: [alpha/gpt-4.1, beta/model-b] }
  "any/*": { targets: ["alpha/*"] }
identity:
  - { type: api-key, file: ./keys.yaml }
access:
  - { models: [acme-only], allow: { tenant_id: acme } }
  - { models: [gpt-4.1], allow: { tenant_id: acme } }
caps:
  - { when: { tenant_id: tiny }, outputTokens: 5 }
`;

describeOnEveryEdge("refusals", (edge) => {
  const running = useTestStack({ config, edge });
  let stack: TestStack;
  before(() => {
    stack = running();
  });
  beforeEach(() => {
    stack.alpha.reset();
    stack.beta.reset();
  });

  /** Nothing has reached a provider, and nothing is held. */
  async function nothingLeft(): Promise<void> {
    assert.equal(stack.alpha.received().length, 0);
    assert.equal(stack.beta.received().length, 0);
    await stack.idle();
  }

  describe("a model for some callers alone", () => {
    async function listed(key: string): Promise<readonly string[]> {
      const answer = await ask(stack.baseUrl, null, { path: "/models", method: "GET", key });
      return (JSON.parse(answer.text) as { data: { id: string }[] }).data.map(({ id }) => id);
    }

    it("is in their lists alone", async () => {
      assert.deepEqual(await listed("key-acme"), ["both", "one", "acme-only", "gpt-4.1", "smart", "either"]);
      assert.deepEqual(await listed("key-tiny"), ["both", "one", "either"]);
    });

    it("is there for them alone when asked for by name", async () => {
      for (const [key, status] of [
        ["key-acme", 200],
        ["key-tiny", 404],
      ] as const)
        for (const model of ["acme-only", "any/gpt-4.1"]) {
          const answer = await ask(stack.baseUrl, null, { path: `/models/${model}`, method: "GET", key });
          assert.equal(answer.status, status, `${key} ${model}`);
        }
    });

    it("answers nobody else as one target of several", async () => {
      const asked = async (key: string) =>
        (await ask(stack.baseUrl, chatBody({ model: "either" }), { key })).status;
      assert.deepEqual([await asked("key-acme"), await asked("key-tiny")], [200, 200]);
      assert.deepEqual([stack.alpha.received().length, stack.beta.received().length], [1, 1]);
    });
  });

  describe("in the client's dialect, before any provider hears of it", () => {
    const huge = chatBody({ messages: [{ role: "user", content: "x".repeat(70_000) }] });
    const cases: readonly (readonly [
      title: string,
      body: string | null,
      options: Parameters<typeof send>[2],
      status: number,
      code: string | null,
    ])[] = [
      ["an unknown path", chatBody(), { path: "/nothing" }, 404, "unknown_url"],
      ["a path that only begins like ours", chatBody(), { path: "/chat/completions/x" }, 404, "unknown_url"],
      ["a path that leads out of ours", chatBody(), { path: "/..%2fchat/completions" }, 404, "unknown_url"],
      ["another method", null, { method: "GET" }, 404, "unknown_url"],
      ["a DELETE", null, { method: "DELETE" }, 404, "unknown_url"],
      ["no key", chatBody(), { key: null }, 401, "invalid_api_key"],
      ["a wrong key", chatBody(), { key: "wrong" }, 401, "invalid_api_key"],
      ["no JSON", "{", {}, 400, null],
      ["an empty body", "", {}, 400, null],
      ["JSON that is no object", "[1]", {}, 400, null],
      ["a body with something behind it", `${chatBody()}{}`, {}, 400, null],
      ["no messages", '{"model":"one"}', {}, 400, null],
      ["no model", '{"messages":[]}', {}, 404, null],
      ["a model that is no text", chatBody({ model: 3 }), {}, 400, null],
      ["an unknown model", chatBody({ model: "none" }), {}, 404, "model_not_found"],
      ["a body over the limit", huge, {}, 413, "request_too_large"],
      [
        "an encoded body",
        chatBody(),
        { headers: { "content-encoding": "gzip" } },
        415,
        "unsupported_content_encoding",
      ],
      ...["application/x-www-form-urlencoded", "application/json; charset=utf-7"].map(
        (type): (typeof cases)[number] => [
          `a body of type ${type}`,
          chatBody(),
          { headers: { "content-type": type } },
          415,
          "unsupported_media_type",
        ],
      ),
      [
        "another tenant by header",
        chatBody(),
        { headers: { "x-tollgate-tenant-id": "tiny" } },
        403,
        "insufficient_permissions",
      ],
      [
        "another user by body",
        chatBody({ contract: { user_id: "root" } }),
        {},
        403,
        "insufficient_permissions",
      ],
      [
        "a model that is another's",
        chatBody({ model: "acme-only" }),
        { key: "key-tiny" },
        403,
        "insufficient_permissions",
      ],
      ...["any/gpt-4.1", "any/gpt-4.1-2025-04-14", "smart"].map((model): (typeof cases)[number] => [
        `a model that is another's under the name ${model}`,
        chatBody({ model }),
        { key: "key-tiny" },
        403,
        "insufficient_permissions",
      ]),
      [
        "a contract value that does not exist",
        chatBody(),
        { headers: { "x-tollgate-sensitivity": "much" } },
        400,
        "invalid_contract",
      ],
    ];
    for (const [title, body, options, status, code] of cases) {
      it(`${title}: ${status}`, async () => {
        const answer = await ask(stack.baseUrl, body, options);
        assert.equal(answer.status, status, answer.text);
        const error = errorOf(answer);
        if (code !== null) assert.equal(error.code, code);
        assert.ok(error.message.length > 5);
        assert.ok(!/secret|key-acme|How does/.test(answer.text), answer.text);
        assert.match(answer.headers.get("content-type") ?? "", /^application\/json/);
        assert.ok(answer.headers.get("x-request-id"));
        await nothingLeft();
      });
    }
  });

  describe("before the body is read", () => {
    const cases: readonly (readonly [string, Readonly<Record<string, string>>, string, number])[] = [
      ["a wrong key", { authorization: "Bearer wrong" }, "POST /v1/chat/completions", 401],
      ["an unknown path", {}, "POST /v1/nothing", 404],
      ["a body that is announced over the limit", {}, "POST /v1/chat/completions", 413],
      ["an encoded body", { "content-encoding": "gzip" }, "POST /v1/chat/completions", 415],
    ];
    for (const [title, headers, first, status] of cases) {
      it(`${title}: ${status}`, async () => {
        const raw = new RawConnection(stack.baseUrl);
        const length = status === 413 ? "100000" : "60000";
        raw.write(
          rawHead({ "content-type": "application/json", "content-length": length, ...headers }, first),
        );
        const answer = await raw.read();
        assert.ok(answer.text.startsWith(`HTTP/1.1 ${status} `), answer.text);
        errorOf({ text: answer.text.slice(answer.text.indexOf("\r\n\r\n") + 4) });
        await nothingLeft();
      });
    }
  });

  it("a chunked body over the limit: 413 in the dialect, as soon as it is too long", async () => {
    const raw = new RawConnection(stack.baseUrl);
    raw.write(rawHead({ "content-type": "application/json", "transfer-encoding": "chunked" }));
    const piece = "x".repeat(16_384);
    for (let sent = 0; sent < 20; sent += 1) raw.write(`4000\r\n${piece}\r\n`);
    const answer = await raw.read(1_000);
    assert.ok(answer.text.startsWith("HTTP/1.1 413 "), answer.text.slice(0, 500));
    assert.equal(
      errorOf({ text: answer.text.slice(answer.text.indexOf("\r\n\r\n") + 4) }).code,
      "request_too_large",
    );
    await nothingLeft();
  });

  describe("a body that does not say how long it is and is over the limit: 413 in the dialect", () => {
    const limit = 65_536;
    for (const bytes of [limit + 1, limit + 1_000, 2 * limit, 8 * limit])
      for (const pieces of [1, 5])
        it(`${bytes - limit} bytes over, in ${pieces === 1 ? "one piece" : `${pieces} pieces`}, over HTTP/1.1 and HTTP/2`, async () => {
          const body = chatBody({ messages: [{ role: "user", content: "x".repeat(bytes) }] }).slice(-bytes);
          for (const send of [sendChunked, sendOverHttp2]) {
            const { status, text } = await send(body, pieces);
            assert.equal(status, 413, `${send.name}: ${text.slice(0, 500)}`);
            assert.equal(errorOf({ text }).code, "request_too_large");
          }
          await nothingLeft();
        });

    async function sendChunked(body: string, pieces: number): Promise<{ status: number; text: string }> {
      const raw = new RawConnection(stack.baseUrl);
      raw.write(rawHead({ "content-type": "application/json", "transfer-encoding": "chunked" }));
      for (const piece of cutInto(body, pieces)) {
        raw.write(`${piece.length.toString(16)}\r\n${piece}\r\n`);
        await new Promise(setImmediate);
      }
      raw.write("0\r\n\r\n");
      const { text } = await raw.read(1_000);
      return { status: Number(text.split(" ", 2)[1]), text: text.slice(text.indexOf("\r\n\r\n") + 4) };
    }

    function sendOverHttp2(body: string, pieces: number): Promise<{ status: number; text: string }> {
      return new Promise((resolve, reject) => {
        const session = connect(new URL(stack.baseUrl).origin);
        session.on("error", reject);
        const stream = session.request({
          ":method": "POST",
          ":path": "/v1/chat/completions",
          authorization: "Bearer key-acme",
          "content-type": "application/json",
        });
        let status = 0;
        let text = "";
        stream.on("response", (headers) => {
          status = Number(headers[":status"]);
        });
        stream.on("data", (part: Buffer) => {
          text += part.toString();
        });
        // The answer comes before the body is whole: the rest of it is not wanted.
        stream.on("error", () => undefined);
        stream.once("close", () => {
          session.close();
          resolve({ status, text });
        });
        for (const piece of cutInto(body, pieces)) stream.write(piece);
        stream.end();
      });
    }

    function cutInto(body: string, pieces: number): readonly string[] {
      const length = Math.ceil(body.length / pieces);
      return Array.from({ length: pieces }, (_, n) => body.slice(n * length, (n + 1) * length));
    }
  });

  it("a body of exactly the limit passes, whole and chunked", async () => {
    const empty = chatBody({ messages: [{ role: "user", content: "" }] });
    const content = "x".repeat(65_536 - empty.length);
    const body = chatBody({ messages: [{ role: "user", content }] });
    assert.equal(body.length, 65_536);
    assert.equal((await ask(stack.baseUrl, body)).status, 200);
    const raw = new RawConnection(stack.baseUrl);
    raw.write(
      rawHead({ "content-type": "application/json", "transfer-encoding": "chunked", connection: "close" }),
    );
    raw.write(`${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`);
    const answer = await raw.read(1_000);
    assert.ok(answer.text.startsWith("HTTP/1.1 200 "), answer.text.slice(0, 300));
  });

  it("are recorded once someone is identified, and counted before", async () => {
    await stack.idle();
    const before = (await stack.records(0)).length;
    await ask(stack.baseUrl, chatBody(), { key: "wrong" });
    await ask(stack.baseUrl, chatBody(), { path: "/nothing" });
    const denied = await ask(stack.baseUrl, chatBody({ model: "none" }));
    const record = await stack.record(denied.exchange);
    assert.equal((await stack.records(0)).length, before + 1);
    assert.equal(record.ending, "denied");
    assert.equal(record.error_code, "unknown_model");
    assert.equal(record.status, 404);
    assert.equal(record.requested_model, "none");
    assert.equal(record.cost_nano_usd, "0");
    assert.equal(record.tenant_id, "acme");
    assert.deepEqual(record.attempts, []);
  });

  describe("what a client may not set has no effect:", () => {
    it("retries, deadlines and codes of Envoy's", async () => {
      stack.alpha.setFaults({ error: "bad-request" });
      const headers = {
        "x-envoy-max-retries": "5",
        "x-envoy-retry-on": "5xx,retriable-4xx,retriable-status-codes,reset",
        "x-envoy-retriable-status-codes": "400,404",
        "x-envoy-upstream-rq-timeout-ms": "1",
        "x-envoy-upstream-rq-per-try-timeout-ms": "1",
        "x-envoy-hedge-on-per-try-timeout": "true",
        "x-envoy-internal": "true",
        "x-envoy-attempt-count": "7",
        "x-envoy-original-path": "/elsewhere",
        "x-envoy-expected-rq-timeout-ms": "1",
        "x-envoy-upstream-alt-stat-name": "x",
        "x-forwarded-for": "127.0.0.1",
        "x-forwarded-proto": "https",
        "x-forwarded-host": "elsewhere",
      };
      const refused = await ask(stack.baseUrl, chatBody(), { headers });
      assert.equal(refused.status, 400);
      assert.equal(stack.alpha.received().length, 1);
      assert.equal(stack.beta.received().length, 0);
      stack.alpha.setFaults({ status: 503 });
      const answer = await ask(stack.baseUrl, chatBody(), { headers });
      assert.equal(answer.status, 200);
      assert.equal(answer.headers.get("x-tollgate-backend"), "beta");
      for (const entry of [...stack.alpha.received(), ...stack.beta.received()]) {
        const foreign = Object.keys(entry.headers).filter((name) => /^x-(envoy|forwarded)/.test(name));
        assert.deepEqual(foreign, []);
        assert.equal(entry.path, "/v1/chat/completions");
      }
    });

    for (const name of ["x-tollgate-plan", "x-tollgate-role"])
      it(`an unknown header of our prefix, which is refused: ${name}`, async () => {
        const answer = await ask(stack.baseUrl, chatBody(), { headers: { [name]: "beta" } });
        assert.deepEqual([answer.status, errorOf(answer).code], [400, "invalid_contract"]);
        assert.equal(stack.alpha.received().length + stack.beta.received().length, 0);
      });

    it("our own headers", async () => {
      const forged = "01a1fe18-0000-7000-8000-000000000000";
      const headers = {
        "x-request-id": forged,
        "x-tollgate-exchange-id": forged,
        "x-tollgate-backend": "beta",
        "x-tollgate-model": "beta/model-b",
        "x-tollgate-attempts": "9",
        "tollgate.plan": "{}",
      };
      const answer = await ask(stack.baseUrl, chatBody(), { headers });
      assert.equal(answer.status, 200);
      assert.equal(answer.headers.get("x-tollgate-backend"), "alpha");
      assert.notEqual(answer.exchange, forged);
      assert.equal(answer.headers.get("x-request-id"), forged);
      const [got] = stack.alpha.received();
      assert.equal(got?.headers["x-request-id"], answer.exchange);
      assert.deepEqual(
        Object.keys(got?.headers ?? {}).filter((name) => name.includes("tollgate")),
        [],
      );
      assert.equal((await stack.record(answer.exchange)).client_request_id, forged);
    });

    it("the request id of an exchange that is open", async () => {
      stack.alpha.setFaults({ tokens: 20, tokenDelayMs: 30 }, 1);
      const long = send(stack.baseUrl, chatBody({ stream: true }));
      const victim = (await long).headers.get("x-tollgate-exchange-id") ?? "";
      for (let round = 0; round < 5; round += 1) {
        await ask(stack.baseUrl, chatBody({ model: "none" }), { headers: { "x-request-id": victim } });
        const leave = new AbortController();
        stack.alpha.setFaults({ headerDelayMs: 200 }, 1);
        const left = send(stack.baseUrl, chatBody(), {
          headers: { "x-request-id": victim },
          signal: leave.signal,
        });
        setTimeout(() => leave.abort(), 20);
        await left.catch(() => undefined);
        const upload = new RawConnection(stack.baseUrl);
        upload.write(
          rawHead({ "content-type": "application/json", "content-length": "9000", "x-request-id": victim }),
        );
        upload.write("{");
        await delay(30);
        upload.socket.destroy();
      }
      assert.ok((await (await long).text()).includes("[DONE]"));
      const record = await stack.record(victim);
      assert.equal(record.ending, "completed");
    });
  });

  describe("a request that two parsers could read differently", () => {
    const ambiguous: readonly (readonly [string, string])[] = [
      ["a model twice", '{"model":"one","model":"both","messages":[]}'],
      ["a model twice, once escaped", '{"model":"one","\\u006dodel":"both","messages":[]}'],
      ["a cap twice", '{"model":"one","max_tokens":1,"max_tokens":100000,"messages":[]}'],
      ["a stream flag twice", '{"model":"one","stream":false,"stream":true,"messages":[]}'],
      ["messages twice", '{"model":"one","messages":[],"messages":[{"role":"user","content":"x"}]}'],
      ["n twice", '{"model":"one","n":1,"n":100,"messages":[]}'],
    ];
    for (const [title, body] of ambiguous) {
      it(`${title}: 400`, async () => {
        const answer = await ask(stack.baseUrl, body);
        assert.equal(answer.status, 400, answer.text);
        errorOf(answer);
        await nothingLeft();
      });
    }

    it("is none for being escaped: an escaped key is seen and rewritten like any other", async () => {
      const body =
        '{"\\u006dodel":"both","max_tok\\u0065ns":3,"messages":[{"role":"user","content":"How?"}]}';
      const answer = await ask(stack.baseUrl, body);
      assert.equal(answer.status, 200, answer.text);
      const sent = JSON.parse(stack.alpha.received().at(-1)?.body ?? "") as Record<string, unknown>;
      assert.equal(sent.model, "model-a");
      assert.equal((await stack.record(answer.exchange)).requested_model, "both");
      assert.ok(Number((await stack.record(answer.exchange)).output_tokens) <= 3);
    });

    it("does not lift a cap: the larger of two different caps is held, and clamped by policy", async () => {
      const body = chatBody({ max_tokens: 1, max_completion_tokens: 100_000 });
      const answer = await ask(stack.baseUrl, body, { key: "key-tiny" });
      assert.equal(answer.status, 200, answer.text);
      const record = await stack.record(answer.exchange);
      assert.ok(Number(record.output_tokens) <= 5, String(record.output_tokens));
      const sent = JSON.parse(stack.alpha.received().at(-1)?.body ?? "") as Record<string, number>;
      for (const name of ["max_tokens", "max_completion_tokens"])
        assert.ok(sent[name] === undefined || sent[name] <= 5, JSON.stringify(sent));
    });
  });

  it("leave nothing open behind", async () => {
    await stack.idle();
    assert.equal(await stack.metric("tollgate_bugs_total"), 0);
  });
});
