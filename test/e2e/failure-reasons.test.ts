import assert from "node:assert/strict";
import { type AddressInfo, createServer } from "node:net";
import { after, before, describe, it } from "node:test";
import { type FakeProvider, startFakeProvider } from "../../src/fake/fake-provider.ts";
import { ask, chatBody } from "../support/clients/chat.ts";
import { until } from "../support/core/until.ts";
import { createAuthority } from "../support/stack/certificates.ts";
import { createTestConfig, type TestConfig } from "../support/stack/test-config.ts";
import { isRunning, startTollgate, type TollgateProcess } from "../support/stack/tollgate-process.ts";
import { UsageFolder } from "../support/usage/usage-folder.ts";

const authority = createAuthority("the authority that is trusted");
const stranger = createAuthority("the authority that is not");

/** What Envoy says of each way in which a backend gives no answer, as it reaches the record and the log. */
const reasons = {
  "wrong-ca": /CERTIFICATE_VERIFY_FAILED/,
  misnamed: /CERTIFICATE_VERIFY_FAILED|verify.*(SAN|name)/i,
  refused: /connection.?refused/i,
  "no-dns": /^DNS: no-such-host\.invalid has no address$/,
  reset: /^connection closed or reset by the backend$/,
};
type Failing = keyof typeof reasons;
const names = Object.keys(reasons) as Failing[];

describe("a backend that gives no answer", () => {
  const stops: (() => Promise<void> | void)[] = [];
  let prepared: TestConfig;
  let tollgate: TollgateProcess;
  let usage: UsageFolder;

  before(async () => {
    const strange = await tlsProvider("wrong-ca", stranger.issue(["localhost"]));
    const misnamed = await tlsProvider("misnamed", authority.issue(["elsewhere.test"]));
    const resetting = createServer((socket) => {
      socket.on("error", () => {});
      socket.once("data", () => socket.resetAndDestroy());
    });
    const endpoints: Readonly<Record<Failing, string>> = {
      "wrong-ca": `https://localhost:${strange.port}`,
      misnamed: `https://localhost:${misnamed.port}`,
      refused: `http://127.0.0.1:${await closedPort()}`,
      "no-dns": "http://no-such-host.invalid:80",
      reset: `http://127.0.0.1:${await listening(resetting)}`,
    };
    stops.push(
      () => strange.close(),
      () => misnamed.close(),
      () => void resetting.close(),
    );
    prepared = await createTestConfig({
      config: config(endpoints),
      files: { "authority.pem": authority.cert },
    });
    stops.push(() => prepared.close());
    tollgate = await startTollgate(prepared);
    usage = new UsageFolder(prepared.snapshot.usageLog.folder);
  });
  after(async () => {
    if (isRunning(tollgate.pid)) await tollgate.end("SIGTERM");
    for (const stop of stops.reverse()) await stop();
  });

  for (const name of names) {
    it(`is named with the reason in the record and in the log: ${name}`, async () => {
      for (const model of [name, `${name}-alone`]) {
        const answer = await ask(tollgate.baseUrl, chatBody({ model }));
        assert.equal(answer.status, model === name ? 200 : 503, answer.text);
        const { attempts, ...record } = await usage.of(answer.exchange);
        const [failed] = attempts as readonly { reason?: string; class?: string }[];
        assert.match(failed?.reason ?? "", reasons[name], JSON.stringify({ attempts, record }));
        assert.equal(
          failed?.class,
          name === "reset" ? "overloaded" : "unreachable",
          JSON.stringify(attempts),
        );
      }
      const lineOf = () => lines().find(({ backend }) => backend === name);
      await until(`a line of ${name}`, () => lineOf() !== undefined);
      assert.match(lineOf()?.reason ?? "", reasons[name]);
    });
  }

  it("is logged once a reason, however often it is asked", async () => {
    for (let times = 0; times < 5; times++) await ask(tollgate.baseUrl, chatBody({ model: "refused" }));
    for (const name of names) {
      const told = lines().filter(({ backend }) => backend === name);
      assert.equal(told.length, new Set(told.map(({ reason }) => reason)).size, JSON.stringify(told));
    }
  });

  function lines(): readonly { backend?: string; reason?: string }[] {
    return tollgate
      .errors()
      .split("\n")
      .filter((line) => line.includes("a backend gave no answer"))
      .map((line) => JSON.parse(line));
  }
});

function tlsProvider(name: string, tls: { cert: string; key: string }): Promise<FakeProvider> {
  return startFakeProvider({ name, tls });
}

async function listening(server: ReturnType<typeof createServer>): Promise<number> {
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  return (server.address() as AddressInfo).port;
}

async function closedPort(): Promise<number> {
  const server = createServer();
  const port = await listening(server);
  await new Promise((closed) => server.close(closed));
  return port;
}

/** Each failing backend is tried first, before one that answers, by the model of its name, and alone by the one with `-alone`. */
function config(endpoints: Readonly<Record<Failing, string>>): string {
  const price = "price: { input: 1, output: 2 }";
  return `
version: 1
listen: { address: "127.0.0.1:0" }
server: { address: "unix:./run/t.sock" }
admin: { address: "127.0.0.1:0" }
backends:
  alpha: { provider: openai-compatible, endpoint: "{{alpha}}/v1", apiKey: "\${env:ALPHA_KEY}", ${price} }
${names
  .map((name) => {
    const tls = endpoints[name].startsWith("https") ? ", tls: { ca: ./authority.pem }" : "";
    return `  ${name}: { provider: openai-compatible, endpoint: "${endpoints[name]}/v1", apiKey: "\${env:BETA_KEY}", ${price}${tls} }`;
  })
  .join("\n")}
models:
${names
  .flatMap((name) => [
    `  ${name}: { targets: [${name}/model-x, alpha/model-a] }`,
    `  ${name}-alone: { targets: [${name}/model-x] }`,
  ])
  .join("\n")}
identity: [{ type: api-key, file: ./keys.yaml }]
`;
}
