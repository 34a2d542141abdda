import assert from "node:assert/strict";
import { after, before, beforeEach, it } from "node:test";
import { type FakeProvider, startFakeProvider } from "../../src/fake/fake-provider.ts";
import { ask, chatBody, errorOf, streamedText } from "../support/clients/chat.ts";
import { describeOnEveryEdge } from "../support/edge/every-edge.ts";
import { createAuthority } from "../support/stack/certificates.ts";
import { startTestStack, type TestStack } from "../support/stack/stack.ts";

const year = 365 * 86_400_000;
const authority = createAuthority("the authority that is trusted");
const stranger = createAuthority("the authority that is not");

/** Providers that must not be sent anything, by model, with the certificate each shows. */
const impostors = {
  stranger: stranger.issue(["localhost", "127.0.0.1"]),
  misnamed: authority.issue(["elsewhere.test"]),
  expired: authority.issue(["localhost"], {
    from: new Date(Date.now() - 2 * year),
    until: new Date(Date.now() - year),
  }),
};

describeOnEveryEdge("upstream TLS", (edge) => {
  const stops: (() => Promise<void>)[] = [];
  const fakes = new Map<string, FakeProvider>();
  let stack: TestStack;

  before(async () => {
    for (const [name, tls] of Object.entries(impostors)) {
      const fake = await startFakeProvider({ name, tls });
      fakes.set(name, fake);
      stops.push(() => fake.close());
    }
    stack = await startTestStack(
      { after: (stop: () => Promise<void>) => void stops.push(stop) },
      {
        edge,
        config: config(fakes),
        files: { "authority.pem": authority.cert },
        alpha: { tls: authority.issue(["localhost"]) },
        beta: { tls: authority.issue(["beta.internal.test", "127.0.0.1"]) },
      },
    );
  });
  after(async () => {
    for (const stop of stops) await stop();
  });
  beforeEach(() => {
    for (const fake of [stack.alpha, stack.beta, ...fakes.values()]) fake.reset();
  });

  it("names the endpoint's host to the provider and trusts the authority it is told to", async () => {
    for (const stream of [false, true]) {
      const answer = await ask(stack.baseUrl, chatBody({ model: "both", stream }));
      assert.equal(answer.status, 200, answer.text);
      const got = stack.alpha.received().at(-1);
      assert.deepEqual(got?.tls, { sni: "localhost", alpn: "h2" });
      assert.equal(got?.headers[":authority"] ?? got?.headers.host, `localhost:${stack.alpha.port}`);
      if (stream) assert.ok(streamedText(answer.text).length > 0);
    }
  });

  it("names the second provider on the second attempt, which gets its own key, path and model", async () => {
    for (const stream of [false, true]) {
      stack.alpha.setFaults({ status: 503 });
      const answer = await ask(stack.baseUrl, chatBody({ model: "both", stream }));
      assert.equal(answer.status, 200, answer.text);
      assert.equal(answer.headers.get("x-tollgate-backend"), "beta");
      const got = stack.beta.received().at(-1);
      assert.deepEqual(got?.tls, { sni: "beta.internal.test", alpn: "h2" });
      assert.equal(got?.headers.authorization, "Bearer beta-secret");
      assert.equal(got?.path, "/v1/chat/completions");
      assert.equal(JSON.parse(got?.body ?? "").model, "model-b");
      assert.equal(got?.headers[":authority"] ?? got?.headers.host, `127.0.0.1:${stack.beta.port}`);
      assert.ok(!/alpha|model-a|localhost/.test(JSON.stringify([got?.headers, got?.body])));
    }
  });

  it("names nobody to a provider known by its address, and checks the address", async () => {
    const answer = await ask(stack.baseUrl, chatBody({ model: "address" }));
    assert.equal(answer.status, 200, answer.text);
    const [got] = stack.beta.received();
    assert.equal(got?.tls?.sni, null);
  });

  it("carries a request of megabytes, whole, on either attempt", async () => {
    const content = "toll ".repeat(300_000);
    for (const faults of [{}, { status: 503 }]) {
      stack.alpha.setFaults(faults);
      const answer = await ask(
        stack.baseUrl,
        chatBody({ model: "both", messages: [{ role: "user", content }] }),
      );
      assert.equal(answer.status, 200, answer.text.slice(0, 300));
    }
    for (const fake of [stack.alpha, stack.beta])
      assert.equal(JSON.parse(fake.received().at(-1)?.body ?? "").messages[0].content, content);
  });

  for (const name of Object.keys(impostors)) {
    it(`tells nothing to a provider whose certificate is ${name}, and falls back`, async () => {
      for (const stream of [false, true]) {
        const answer = await ask(stack.baseUrl, chatBody({ model: name, stream }));
        assert.equal(answer.status, 200, answer.text);
        assert.equal(answer.headers.get("x-tollgate-backend"), "beta");
        const record = await stack.record(answer.exchange);
        const [first, second] = record.attempts as readonly { flags?: string; cost_nano_usd: string }[];
        assert.equal(first?.flags, "UF");
        assert.equal(first?.cost_nano_usd, "0");
        assert.equal(record.cost_nano_usd, second?.cost_nano_usd);
      }
      assert.equal(fakes.get(name)?.received().length, 0);
    });

    it(`answers with a clear error when nobody else is left than one that is ${name}`, async () => {
      const answer = await ask(stack.baseUrl, chatBody({ model: `${name}-last` }));
      assert.equal(answer.status, 503, answer.text);
      assert.equal(errorOf(answer).code, "upstream_unavailable");
      assert.equal(fakes.get(name)?.received().length, 0);
      const record = await stack.record(answer.exchange);
      assert.equal(record.cost_nano_usd, "0");
      assert.equal((record.attempts as unknown[]).length, 2);
    });
  }

  it("is asked of the system's authorities where none are named", async () => {
    const answer = await ask(stack.baseUrl, chatBody({ model: "unnamed-authority" }));
    assert.equal(answer.status, 503, answer.text);
    assert.equal(stack.alpha.received().length, 0);
  });

  it("leaves nothing open", async () => {
    await stack.idle();
    assert.equal(await stack.metric("tollgate_bugs_total"), 0);
  });
});

/** Each impostor is tried first by the model of its name, and last, behind a provider that fails, by the one with `-last`. */
function config(fakes: ReadonlyMap<string, FakeProvider>): string {
  const backend = (name: string, endpoint: string, tls: string, key: string): string =>
    `  ${name}: { provider: openai-compatible, endpoint: "https://${endpoint}/v1", apiKey: "\${env:${key}}", price: { input: 1, output: 2 }${tls} }`;
  const trusting = ", tls: { ca: ./authority.pem }";
  const names = [...fakes.keys()];
  return `
version: 1
listen: { address: "127.0.0.1:0" }
server: { address: "unix:./run/t.sock" }
admin: { address: "127.0.0.1:0" }
backends:
${backend("alpha", "localhost:{{alpha.port}}", trusting, "ALPHA_KEY")}
${backend("beta", "127.0.0.1:{{beta.port}}", ", tls: { ca: ./authority.pem, serverName: beta.internal.test }", "BETA_KEY")}
${backend("by-address", "127.0.0.1:{{beta.port}}", trusting, "BETA_KEY")}
${backend("unnamed", "localhost:{{alpha.port}}", "", "ALPHA_KEY")}
${names.map((name) => backend(name, `localhost:${fakes.get(name)?.port}`, trusting, "ALPHA_KEY")).join("\n")}
models:
  both: { targets: [alpha/model-a, beta/model-b] }
  address: { targets: [by-address/model-b] }
  unnamed-authority: { targets: [unnamed/model-a] }
${names.map((name) => `  ${name}: { targets: [${name}/model-x, beta/model-b] }`).join("\n")}
${names.map((name) => `  ${name}-last: { targets: [unnamed/model-a, ${name}/model-x] }`).join("\n")}
identity: [{ type: api-key, file: ./keys.yaml }]
`;
}
