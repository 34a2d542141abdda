import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { loadConfig } from "../../../src/config/load.ts";
import type { TlsFiles } from "../../../src/fake/listener.ts";
import { withEndpointClusters } from "../../../src/xds/cluster-names.ts";
import { createAuthority } from "../../support/stack/certificates.ts";

const folder = mkdtempSync(join(tmpdir(), "tollgate-clusters-"));
after(() => rmSync(folder, { recursive: true }));

/** The cluster of a backend with these keys, and the config's version. */
function loaded(backend: string, key = "one") {
  const path = join(folder, "tollgate.yaml");
  writeFileSync(
    path,
    `version: 1
backends:
  house: { provider: openai-compatible, ${backend}, apiKey: "\${env:KEY}", price: { input: 1, output: 1 } }
models:
  fast: { targets: [house/llama] }
identity: [{ type: anonymous, tenant_id: local }]
`,
  );
  const result = loadConfig(path, { KEY: key });
  assert.ok(result.kind === "snapshot", JSON.stringify(result));
  const { snapshot, files } = result;
  return {
    version: snapshot.version,
    files,
    cluster: withEndpointClusters(snapshot).backends.get("house")?.cluster,
  };
}

describe("a backend's cluster", () => {
  const endpoint = 'endpoint: "https://llm.example/v1"';

  it("has the backend's name, and a digest of where it leads", () => {
    assert.match(loaded(endpoint).cluster ?? "", /^house@[0-9a-f]{10}$/);
  });

  it("is the same whatever leads to the same place: another path, another key", () => {
    assert.equal(loaded('endpoint: "https://llm.example/v2"', "two").cluster, loaded(endpoint).cluster);
  });

  it("is another for another scheme, host, port, server name or authority", () => {
    writeFileSync(join(folder, "ca.pem"), createAuthority("one").cert);
    const ones = [
      endpoint,
      'endpoint: "http://llm.example/v1"',
      'endpoint: "https://llm2.example/v1"',
      'endpoint: "https://llm.example:8443/v1"',
      `${endpoint}, tls: { serverName: other.example }`,
      `${endpoint}, tls: { ca: ./ca.pem }`,
    ].map((backend) => loaded(backend).cluster);
    assert.equal(new Set(ones).size, ones.length);
  });

  it("is another once the client certificate is another; a config with half of a pair is refused", () => {
    const backend = `${endpoint}, tls: { cert: ./client.pem, key: ./client.key }`;
    const authority = createAuthority("one");
    const write = ({ cert, key }: Partial<TlsFiles>): void => {
      if (cert !== undefined) writeFileSync(join(folder, "client.pem"), cert);
      if (key !== undefined) writeFileSync(join(folder, "client.key"), key);
    };
    write(authority.issue(["one"]));
    const before = loaded(backend);
    const next = authority.issue(["two"]);
    write({ cert: next.cert });
    assert.throws(
      () => loaded(backend),
      /client\.key is not the key of the first certificate in .*client\.pem/,
    );
    write({ key: next.key });
    const after = loaded(backend);
    assert.notEqual(after.cluster, before.cluster);
    assert.notEqual(after.version, before.version);
  });

  for (const [what, tls, content, problem] of [
    ["a certificate without a key", "cert: ./client.pem", undefined, /must have cert and key, or neither/],
    ["a key without a certificate", "key: ./client.key", undefined, /must have cert and key, or neither/],
    ["nothing", "", undefined, /must have ca, serverName, or cert and key/],
    ["a missing key", "cert: ./client.pem, key: ./missing.key", undefined, /missing\.key/],
    [
      "a key that is none",
      "cert: ./client.pem, key: ./client.key",
      "none",
      /must hold a private key in PEM, without a passphrase/,
    ],
    [
      "a key behind a passphrase",
      "cert: ./client.pem, key: ./client.key",
      encryptedKey(),
      /without a passphrase/,
    ],
  ] as const)
    it(`is refused with ${what} in tls`, () => {
      const pair = createAuthority("one").issue(["one"]);
      writeFileSync(join(folder, "client.pem"), pair.cert);
      writeFileSync(join(folder, "client.key"), content ?? pair.key);
      assert.throws(() => loaded(`${endpoint}, tls: { ${tls} }`), problem);
    });

  it("is another once the file of its authorities holds others, which is another config too", () => {
    const backend = `${endpoint}, tls: { ca: ./ca.pem }`;
    writeFileSync(join(folder, "ca.pem"), createAuthority("one").cert);
    const before = loaded(backend);
    assert.ok(before.files.includes(join(folder, "ca.pem")), "the file is watched");
    writeFileSync(join(folder, "ca.pem"), createAuthority("two").cert);
    const after = loaded(backend);
    assert.notEqual(after.cluster, before.cluster);
    assert.notEqual(after.version, before.version);
  });
});

function encryptedKey(): string {
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  return privateKey
    .export({ type: "pkcs8", format: "pem", cipher: "aes-256-cbc", passphrase: "x" })
    .toString();
}
