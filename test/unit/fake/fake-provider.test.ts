import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { after, afterEach, before, describe, it } from "node:test";
import { Agent, fetch as undiciFetch } from "undici";
import { type FakeProvider, startFakeProvider } from "../../../src/fake/fake-provider.ts";
import { certificate } from "./certificate.ts";

const ask = { model: "m", messages: [{ role: "user", content: "hello" }] };
const stream = { ...ask, stream: true };

describe("startFakeProvider()", () => {
  let fake: FakeProvider;
  before(async () => {
    fake = await startFakeProvider({ name: "b", journalBodies: true });
  });
  afterEach(() => fake.reset());
  after(() => fake.close());

  it("notes what it received, with credentials digested", async () => {
    const body = JSON.stringify(ask);
    const headers = {
      authorization: "Bearer sk-secret",
      "x-api-key": "k",
      "content-type": "application/json",
    };
    await (
      await fetch(`${fake.url}/v1/chat/completions?key=abc&x=1`, { method: "POST", body, headers })
    ).text();
    await until(() => fake.received()[0]!.closedAfterMs !== null);
    const [entry] = fake.received();
    const digest = (text: string) => createHash("sha256").update(text).digest("hex");
    assert.equal(entry!.headers.authorization, `Bearer sha256:${digest("sk-secret").slice(0, 12)}`);
    assert.equal(entry!.headers["x-api-key"], `sha256:${digest("k").slice(0, 12)}`);
    assert.equal(entry!.path, `/v1/chat/completions?key=sha256:${digest("abc").slice(0, 12)}&x=1`);
    assert.equal(entry!.bodySha256, digest(body));
    assert.equal(entry!.body, body);
    assert.equal(entry!.bodyBytes, body.length);
    assert.equal(entry!.dialect, "openai-chat");
    assert.equal(entry!.operation, "chat.completions");
    assert.equal(entry!.model, "m");
    assert.equal(entry!.status, 200);
    assert.equal(entry!.outputTokensWritten, 16);
    assert.deepEqual([entry!.billed!.inputTokens, entry!.billed!.outputTokens], [8, 16]);
    assert.equal(entry!.aborted, false);
  });

  it("notes when a client left, and bills of its stream what was written", async () => {
    const client = new AbortController();
    const headers = { "x-fake-token-delay": "15", "x-fake-tokens": "1000" };
    const response = await post(fake, stream, headers, client.signal);
    const reader = response.body!.getReader();
    const decoder = new TextDecoder();
    let text = "";
    while ((text.match(/"content":" /g)?.length ?? 0) < 5)
      text += decoder.decode((await reader.read()).value);
    client.abort();
    await until(() => fake.received()[0]!.aborted);
    const [entry] = fake.received();
    assert.ok(entry!.outputTokensWritten >= 5 && entry!.outputTokensWritten < 100);
    assert.equal(entry!.billed!.outputTokens, entry!.outputTokensWritten);
    assert.ok(entry!.closedAfterMs! >= 4 * 15);
    const written = entry!.outputTokensWritten;
    await new Promise((resolve) => setTimeout(resolve, 60));
    assert.equal(entry!.outputTokensWritten, written);
  });

  it("bills all of a whole answer whose client left while it was made", async () => {
    const headers = { "x-fake-first-token-delay": "10s" };
    await assert.rejects(post(fake, ask, headers, AbortSignal.timeout(80)));
    await until(() => fake.received()[0]!.aborted);
    assert.equal(fake.received()[0]!.billed!.outputTokens, 16);
    assert.equal(fake.received()[0]!.outputTokensWritten, 0);
  });

  it("shows and clears its journal over HTTP, for other processes", async () => {
    for (let count = 0; count < 3; count += 1) await (await post(fake, ask)).text();
    await until(() => fake.received().every(({ closedAfterMs }) => closedAfterMs !== null));
    const first = (await (await fetch(`${fake.url}/received`)).json()) as {
      received: { sequence: number }[];
    };
    assert.equal(first.received.length, 3);
    const after = first.received[1]!.sequence;
    const rest = (await (await fetch(`${fake.url}/received?after=${after}`)).json()) as {
      received: unknown[];
    };
    assert.deepEqual(rest.received, JSON.parse(JSON.stringify(fake.received().slice(2))));
    await fetch(`${fake.url}/received`, { method: "DELETE" });
    assert.deepEqual(fake.received(), []);
  });

  it("takes standing faults over HTTP, and refuses a word it does not know", async () => {
    const set = (faults: unknown) =>
      fetch(`${fake.url}/faults`, { method: "POST", body: JSON.stringify(faults) });
    assert.equal((await set({ error: "overloaded", times: 1 })).status, 200);
    assert.deepEqual([(await post(fake, ask)).status, (await post(fake, ask)).status], [503, 200]);
    assert.equal((await set({ eror: "overloaded" })).status, 400);
    await set({ status: 500 });
    await fetch(`${fake.url}/faults`, { method: "DELETE" });
    assert.equal((await post(fake, ask)).status, 200);
  });

  it("answers only what x-fake-only leaves it, when two share the headers", async () => {
    const headers = { "x-fake-status": "503", "x-fake-only": "a" };
    assert.equal((await post(fake, ask, headers)).status, 200);
    assert.equal((await post(fake, ask, { ...headers, "x-fake-only": "a,b" })).status, 503);
  });

  it("says plainly what is no JSON", async () => {
    for (const body of ["", "{", "[]", "null"]) {
      const response = await fetch(`${fake.url}/v1/chat/completions`, { method: "POST", body });
      assert.equal(response.status, 400, body);
    }
  });

  it("is not stalled by a megabyte of one letter", async () => {
    const started = performance.now();
    await (await post(fake, ask)).text();
    const smallMs = performance.now() - started;
    const body = { ...ask, messages: [{ role: "user", content: "a".repeat(1_000_000) }] };
    const again = performance.now();
    assert.equal((await post(fake, body)).status, 200);
    assert.ok(performance.now() - again < 2_000 + smallMs);
  });
});

describe("a fake provider with TLS", () => {
  let fake: FakeProvider;
  const agent = (allowH2: boolean) =>
    new Agent({ allowH2, connect: { rejectUnauthorized: false, servername: "fake.test" } });
  before(async () => {
    fake = await startFakeProvider({ tls: certificate });
  });
  afterEach(() => fake.reset());
  after(() => fake.close());

  for (const [alpn, version] of [
    ["h2", "2.0"],
    ["http/1.1", "1.1"],
  ] as const) {
    it(`speaks ${alpn} to who asks for it, and notes the name asked for`, async () => {
      const dispatcher = agent(alpn === "h2");
      const request = (headers: Record<string, string>) =>
        undiciFetch(`${fake.url}/v1/chat/completions`, {
          method: "POST",
          body: JSON.stringify(stream),
          headers,
          dispatcher,
        }).then((response) => response.text());
      assert.match(await request({}), /\[DONE\]/);
      await assert.rejects(request({ "x-fake-reset": "before-headers" }));
      await assert.rejects(request({ "x-fake-reset": "2" }));
      assert.match(await request({}), /\[DONE\]/);
      const [entry, , midStream] = fake.received();
      assert.deepEqual(entry!.tls, { sni: "fake.test", alpn });
      assert.equal(entry!.httpVersion, version);
      assert.equal(entry!.headers.host, `127.0.0.1:${fake.port}`);
      assert.equal(midStream!.outputTokensWritten, 2);
      await dispatcher.destroy();
    });
  }
});

function post(
  fake: FakeProvider,
  body: unknown,
  headers: Record<string, string> = {},
  signal: AbortSignal | null = null,
): Promise<Response> {
  return fetch(`${fake.url}/v1/chat/completions`, {
    method: "POST",
    body: JSON.stringify(body),
    headers,
    signal,
  });
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
}
