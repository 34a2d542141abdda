import assert from "node:assert/strict";
import { statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { loadConfig } from "../../src/config/load.ts";
import { ask, chatBody, errorOf, send, streamedText } from "../support/clients/chat.ts";
import { createAuthority } from "../support/stack/certificates.ts";
import { startTestStack, type TestStack } from "../support/stack/stack.ts";

const authority = createAuthority("the provider's authority");
const clients = createAuthority("the authority of clients");
const first = clients.issue(["client-one"]);
const second = clients.issue(["client-two"]);

const config = `
version: 1
listen: { address: "127.0.0.1:0" }
server: { address: "unix:./run/t.sock" }
admin: { address: "127.0.0.1:0" }
backends:
  alpha:
    provider: openai-compatible
    endpoint: "https://localhost:{{alpha.port}}/v1"
    apiKey: "\${env:ALPHA_KEY}"
    price: { input: 1, output: 2 }
    tls: { ca: ./authority.pem, cert: ./client.pem, key: ./client.key }
  bare:
    provider: openai-compatible
    endpoint: "https://localhost:{{alpha.port}}/v1"
    apiKey: "\${env:ALPHA_KEY}"
    price: { input: 1, output: 2 }
    tls: { ca: ./authority.pem }
models:
  one: { targets: [alpha/model-a] }
  bare: { targets: [bare/model-a] }
identity: [{ type: api-key, file: ./keys.yaml }]
`;

describe("a backend that asks for a client certificate", () => {
  const stops: (() => Promise<void>)[] = [];
  let stack: TestStack;

  before(async () => {
    stack = await startTestStack(
      { after: (stop: () => Promise<void>) => void stops.push(stop) },
      {
        config,
        alpha: { tls: { ...authority.issue(["localhost"]), clientCa: clients.cert } },
        files: { "authority.pem": authority.cert, "client.pem": first.cert, "client.key": first.key },
      },
    );
  });
  after(async () => {
    for (const stop of stops) await stop();
  });

  const shown = () => stack.alpha.received().map(({ tls }) => tls?.client);

  it("is shown the one that the config names", async () => {
    const answer = await ask(stack.baseUrl, chatBody({ model: "one" }));
    assert.equal(answer.status, 200, answer.text);
    assert.deepEqual(shown(), ["client-one"]);
  });

  it("gets nothing where the config names none, and the client a clear error", async () => {
    const answer = await ask(stack.baseUrl, chatBody({ model: "bare" }));
    assert.equal(answer.status, 503, answer.text);
    assert.equal(errorOf(answer).code, "upstream_unavailable");
    assert.equal(stack.alpha.received().length, 1);
  });

  it("is shown a rotated one by the next request, while a running answer goes on", async () => {
    stack.alpha.setFaults({ tokens: 20, tokenDelayMs: 50 }, 1);
    const running = await send(stack.baseUrl, chatBody({ model: "one", stream: true }));
    writeFileSync(join(stack.folder, "client.pem"), second.cert);
    const half = loadConfig(stack.file, stack.env);
    assert.equal(half.kind, "problems", "half a pair is no config: the running one stays");
    writeFileSync(join(stack.folder, "client.key"), second.key);
    const loaded = loadConfig(stack.file, stack.env);
    assert.ok(loaded.kind === "snapshot");
    await stack.stack.reload(loaded.snapshot);
    const answer = await ask(stack.baseUrl, chatBody({ model: "one" }));
    assert.equal(answer.status, 200, answer.text);
    assert.match(streamedText(await running.text()), /\w+/);
    assert.deepEqual(shown(), ["client-one", "client-one", "client-two"]);
    const records = await stack.records(4);
    assert.deepEqual(
      records.map(({ ending }) => ending),
      ["completed", "upstream_reset", "completed", "completed"],
    );
  });

  it("shows its private key neither in Envoy's admin interface nor to other users of the machine", async () => {
    const dump = await stack.stack.envoy.admin.get("/config_dump");
    assert.match(dump, /CERTIFICATE/);
    assert.doesNotMatch(dump, /PRIVATE KEY/);
    for (const name of ["bootstrap.json", "cds/clusters.json"])
      assert.equal(statSync(join(stack.folder, "run/envoy", name)).mode & 0o077, 0, name);
  });
});
