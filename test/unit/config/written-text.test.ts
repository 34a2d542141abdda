import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { loadConfig } from "../../../src/config/load.ts";
import type { Snapshot } from "../../../src/config/snapshot.ts";
import { GatewayError } from "../../../src/core/errors.ts";
import { identify } from "../../../src/identity/identify.ts";

const folder = mkdtempSync(join(tmpdir(), "tollgate-text-"));
after(() => rmSync(folder, { recursive: true }));

/** Scalars that one YAML or another reads as something else than text. */
const written = [
  ...[
    "42",
    "0042",
    "-0",
    "+5",
    "-7",
    "0x2A",
    "0o17",
    "017",
    "1e3",
    "1E-3",
    "1_000",
    "1.10",
    "1.0",
    ".5",
    "5.",
  ],
  ...["9007199254740993", "123456789012345678901234567890", ".inf", "-.inf", ".nan", "190:20:30", "12:30:45"],
  ...["true", "True", "TRUE", "false", "False", "yes", "Yes", "no", "NO", "on", "Off", "y", "n"],
  ...["2027-01-01", "2027-01-01T00:00:00Z", "=", "NULLS", "nil"],
];

function configOf(text: string): string {
  return `version: 1
backends:
  house: { provider: openai-compatible, endpoint: "http://127.0.0.1:9900/v1", price: { input: 1, output: 1 } }
models:
  fast: { targets: [house/llama] }
  slow: { targets: [house/llama] }
identity:
  - { type: anonymous, tenant_id: ${text}, roles: [${text}] }
access:
  - { models: [fast], allow: { workflow: ${text} } }
routes:
  - { when: { workflow: [${text}] }, use: slow }
`;
}

function load(bytes: string | Uint8Array, files: Readonly<Record<string, Uint8Array>> = {}) {
  writeFileSync(join(folder, "tollgate.yaml"), bytes);
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
  return loadConfig(join(folder, "tollgate.yaml"), {});
}

function snapshotOf(bytes: string | Uint8Array): Snapshot {
  const loaded = load(bytes);
  assert.ok(loaded.kind === "snapshot", JSON.stringify(loaded));
  return loaded.snapshot;
}

function messagesOf(bytes: string | Uint8Array, files: Readonly<Record<string, Uint8Array>> = {}): string {
  const loaded = load(bytes, files);
  assert.ok(loaded.kind === "problems", "it is refused");
  return loaded.problems.map(({ message }) => message).join("\n");
}

describe("a name in a config is the text it was written as:", () => {
  for (const text of written)
    it(text, async () => {
      const snapshot = snapshotOf(configOf(text));
      const principal = await identify(snapshot.identities, undefined, 0);
      assert.ok(!(principal instanceof GatewayError));
      assert.deepEqual([principal.tenantId, principal.roles], [text, [text]]);
      const attributes = (workflow: string) => (name: string) => (name === "workflow" ? workflow : undefined);
      assert.equal(snapshot.access(["fast"], attributes(text)), undefined, "it matches itself");
      assert.ok(snapshot.access(["fast"], attributes(`${text} `)) !== undefined, "and nothing else");
    });
});

describe("a config's bytes", () => {
  const text = configOf("münchen");
  const utf16 = (little: boolean): Uint8Array => {
    const bytes = Buffer.from(`\ufeff${text}`, "utf16le");
    return little ? bytes : bytes.swap16();
  };

  it("mean the same with a byte order mark, CRLF line ends and both", () => {
    const shown = JSON.stringify(snapshotOf(text).redacted());
    for (const other of [
      `\ufeff${text}`,
      text.replaceAll("\n", "\r\n"),
      `\ufeff${text.replaceAll("\n", "\r\n")}`,
    ])
      assert.equal(JSON.stringify(snapshotOf(other).redacted()), shown);
  });

  it("are refused by the name of their encoding when they are not UTF-8", () => {
    assert.match(
      messagesOf(Buffer.from(text, "latin1")),
      /is not UTF-8 \(Latin-1 perhaps\): save it as UTF-8/,
    );
    for (const little of [true, false])
      assert.match(messagesOf(utf16(little)), /is UTF-16: save it as UTF-8/);
    assert.match(messagesOf(Buffer.from(configOf("a"), "utf16le")), /holds NUL bytes: save it as UTF-8/);
  });

  it("of a keys file are refused likewise, so that no two tenants become one", () => {
    const keys = (tenant: string): string =>
      `keys: [{ name: one, sha256: "${"a".repeat(64)}", tenant_id: ${tenant} }]\n`;
    const config = configOf("a").replace(
      / {2}- \{ type: anonymous.*\n/,
      "  - { type: api-key, file: ./keys.yaml }\n",
    );
    for (const encoding of ["latin1", "utf16le"] as const)
      assert.match(
        messagesOf(config, { "keys.yaml": Buffer.from(keys("müller"), encoding) }),
        /keys\.yaml .*save it as UTF-8/,
      );
  });

  it("of a secret are refused likewise", () => {
    const config = configOf("a").replace("price:", `apiKey: "\${file:./key}", price:`);
    assert.match(
      messagesOf(config, { key: Buffer.from("\ufeffsk-one\r\n", "utf16le") }),
      /key is UTF-16: save it as UTF-8/,
    );
    assert.equal(load(config, { key: Buffer.from("\ufeffsk-one\r\n") }).kind, "snapshot");
  });
});

describe("a text that is many times itself by aliases", () => {
  it("is looked up in a time that grows with it, not with its square", () => {
    const aliases = Array.from({ length: 20_000 }, () => "*a").join(", ");
    const startedMs = performance.now();
    messagesOf(`x: &a [1]\ny: [${aliases}]\n`);
    const once = performance.now() - startedMs;
    messagesOf(`x: &a [1]\ny: [${Array.from({ length: 4 }, () => aliases).join(", ")}]\n`);
    const fourTimes = performance.now() - startedMs - once;
    assert.ok(fourTimes < 12 * once + 200, `${once} ms, then ${fourTimes} ms`);
  });

  it("means the last node before it that has its name", () => {
    const config = configOf("&t first").replace(
      "models: [fast], allow: { workflow: &t first }",
      "models: [fast], allow: { workflow: *t }",
    );
    assert.ok(config.includes("*t"));
    assert.equal(load(config).kind, "snapshot");
  });
});
