import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { inspect } from "node:util";
import { type Attributes, attributesOf } from "../../../src/condition/attributes-of.ts";
import { loadConfig } from "../../../src/config/load.ts";
import { formatProblem } from "../../../src/config/problem.ts";
import type { Snapshot } from "../../../src/config/snapshot.ts";
import { createContractReader } from "../../../src/contract/contract-reader.ts";
import { assetPath } from "../../../src/core/asset.ts";
import { headersOf } from "../../../src/core/headers.ts";
import type { Principal } from "../../../src/identity/principal.ts";

const folder = mkdtempSync(join(tmpdir(), "tollgate-load-"));
after(() => rmSync(folder, { recursive: true }));

const minimal = `
version: 1
backends:
  house: { provider: openai-compatible, endpoint: "http://127.0.0.1:9900/v1", price: { input: 0.20, output: 0.60 } }
models:
  fast: { targets: [house/llama] }
identity:
  - { type: anonymous, tenant_id: local }
`;

describe("loadConfig()", () => {
  it("needs no more than version, backends, models and identity", () => {
    const snapshot = load(minimal);
    assert.deepEqual(snapshot.listen, {
      address: { kind: "tcp", host: "127.0.0.1", port: 8080 },
      bodyLimitBytes: 32 * 1_048_576,
      healthPath: "/healthz",
    });
    assert.deepEqual(snapshot.server, {
      address: { kind: "unix", path: join(folder, "run/tollgate.sock") },
      token: undefined,
      drainMs: 600_000,
    });
    assert.deepEqual(snapshot.admin, {
      address: { kind: "tcp", host: "127.0.0.1", port: 9090 },
      token: undefined,
      healthAddress: undefined,
      tokenFile: join(folder, "run/admin.token"),
    });
    assert.equal(snapshot.ledger.type, "local");
    assert.equal(snapshot.ledger.folder, join(folder, "var/ledger"));
    assert.deepEqual(snapshot.usageLog, { folder: join(folder, "var/usage"), sinks: [] });
    assert.deepEqual(snapshot.policies, []);
  });

  it("takes the former name of a ledger's type", () => {
    for (const type of ["local", "memory"]) {
      const { ledger } = load(`${minimal}ledger: { type: ${type}, path: ./here }\n`);
      assert.deepEqual([ledger.type, ledger.folder], ["local", join(folder, "here")]);
    }
  });

  it("takes the file that ships with the program", () => {
    const shipped = assetPath("tollgate.yaml");
    const loaded = loadConfig(shipped, {});
    assert.deepEqual(loaded.kind === "problems" ? loaded.problems.map(formatProblem) : [], []);
    assert.ok(readFileSync(shipped, "utf8").split("\n").length <= 12, "about ten lines");
  });

  it("compiles backends with everything they say", () => {
    const backend = load(`
version: 1
backends:
  eu: { provider: openai, endpoint: "https://eu.example.com/v1", apiKey: "\${env:API_KEY}", region: eu, private: true, tls: { serverName: api.example.com } }
models: { fast: { targets: [eu/gpt-4.1] } }
identity: [{ type: anonymous, tenant_id: local }]
`).backends.get("eu");
    assert.equal(backend?.provider.type, "openai");
    assert.equal(backend?.provider.endpoint.href, "https://eu.example.com/v1");
    assert.equal(backend?.region, "eu");
    assert.equal(backend?.private, true);
    assert.deepEqual(backend?.tls, {
      caPem: undefined,
      client: undefined,
      serverName: "api.example.com",
    });
  });

  it("answers for models by name and pattern, with defaults for what is not said", () => {
    const snapshot = load(
      minimal.replace("fast: {", '"lab/*": { targets: ["house/*"], timeouts: { attempt: 30s } }\n  fast: {'),
    );
    assert.deepEqual(snapshot.model("fast"), {
      name: "fast",
      entry: "fast",
      candidates: [{ target: { backend: "house", model: "llama" }, weight: 1, capacity: undefined }],
      fallback: [],
      targets: [{ backend: "house", model: "llama" }],
      select: { kind: "ordered" },
      attempts: 1,
      failover: "content",
      validation: undefined,
      timeouts: {
        attemptMs: undefined,
        firstTokenMs: undefined,
        betweenTokensMs: undefined,
        askedWaitMaxMs: undefined,
        totalMs: 600_000,
      },
      classTimeouts: new Map(),
    });
    assert.deepEqual(snapshot.model("lab/x/y")?.targets, [{ backend: "house", model: "x/y" }]);
    assert.equal(snapshot.model("lab/x/y")?.timeouts.attemptMs, 30_000);
    assert.deepEqual(snapshot.models(), ["fast"]);
  });

  it("gives each latency class its own deadlines, and the model's where it says nothing", () => {
    const timeouts = "attempt: 30s, total: 3m, latencyClass: { interactive: { total: 40s } }";
    const model = load(
      minimal.replace("targets: [house/llama]", `targets: [house/llama], timeouts: { ${timeouts} }`),
    ).model("fast");
    assert.equal(model?.timeouts.totalMs, 180_000);
    const interactive = model?.classTimeouts.get("interactive");
    assert.deepEqual([interactive?.attemptMs, interactive?.totalMs], [30_000, 40_000]);
    assert.equal(model?.classTimeouts.get("batch"), undefined);
  });

  it("connects to a backend within the shortest of its models' connect timeouts", () => {
    const slow = "slow: { targets: [house/qwen], timeouts: { connect: 2s } }";
    const quick = "quick: { targets: [house/qwen], timeouts: { connect: 1s } }";
    const snapshot = load(minimal.replace("fast: {", `${slow}\n  ${quick}\n  fast: {`));
    assert.deepEqual([...snapshot.connectTimeouts], [["house", 1_000]]);
  });

  it("keeps money exact, however it is written", () => {
    assert.equal(rateOf(load(minimal))?.input, 200_000n);
    const { input, output } =
      rateOf(load(minimal.replace("0.20", "0.0000010").replace("0.60", '"0.075"'))) ?? {};
    assert.deepEqual([input, output], [1n, 75_000n]);
  });

  it("takes a key with nothing behind it as left out", () => {
    assert.equal(load(`${minimal}listen:\ncaps:\n`).listen.address.port, 8080);
  });

  it("follows anchors and aliases", () => {
    const text = minimal.replace("fast: {", "slow: &same { targets: [house/llama] }\n  fast: *same #");
    assert.deepEqual(load(text).models(), ["slow", "fast"]);
  });

  it("gives up on a file that would grow without end", () => {
    const bomb = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"];
    for (let level = 1; level < 9; level++)
      bomb.push(`a${level}: &a${level} [${Array.from({ length: 10 }, () => `*a${level - 1}`).join(", ")}]`);
    const problems = problemsOf(bomb.join("\n"));
    assert.ok(problems.some((problem) => problem.includes("more than 500000 values")));
  });

  it("calls the file by the name it was given when it is not there", () => {
    const loaded = loadConfig(join(folder, "gone.yaml"), {});
    assert.equal(loaded.kind, "problems");
    assert.deepEqual(loaded.files, [join(folder, "gone.yaml")]);
  });
});

describe("Snapshot.version", () => {
  it("is the same for the same bytes, and another for another byte anywhere", () => {
    const config = minimal.replace(
      "{ type: anonymous, tenant_id: local }",
      "{ type: api-key, file: ./keys.yaml }",
    );
    const key = `{ name: a, sha256: ${"ab".repeat(32)}, tenant_id: acme }`;
    writeFileSync(join(folder, "keys.yaml"), `keys: [${key}]\n`);
    const first = load(config).version;
    assert.match(first, /^[0-9a-f]{12}$/);
    assert.equal(load(config).version, first);
    assert.notEqual(load(`${config}\n`).version, first);
    writeFileSync(join(folder, "keys.yaml"), `keys: [${key}] # rotated\n`);
    assert.notEqual(load(config).version, first);
  });
});

describe("Snapshot.redacted()", () => {
  it("shows what counts, and no secret", () => {
    writeFileSync(join(folder, "admin.token"), "canary-of-the-admin-port\n");
    const snapshot = load(`
version: 1
admin: { address: 0.0.0.0:9090, token: "\${file:./admin.token}" }
backends:
  openai: { provider: openai, apiKey: "\${env:API_KEY}" }
models: { fast: { targets: [openai/gpt-4.1] } }
identity: [{ type: anonymous, tenant_id: local }]
`);
    const shown = snapshot.redacted() as Record<string, Record<string, unknown>>;
    assert.deepEqual(shown.backends?.openai, { provider: "openai", apiKey: "***" });
    assert.deepEqual(shown.admin, { address: "0.0.0.0:9090", token: "***" });
    assert.deepEqual(shown.listen, { address: "127.0.0.1:8080", bodyLimit: "32MiB", healthPath: "/healthz" });
    assert.ok(!JSON.stringify(shown).includes("canary"));
    assert.equal(snapshot.admin.token, "canary-of-the-admin-port", "without the file's last line end");
  });

  it("keeps what came from a reference out of problems, wherever it was put", () => {
    const problems = problemsOf(
      minimal
        .replace("house/llama", `"\${env:API_KEY}/llama"`)
        .replace("{ type: anonymous, tenant_id: local }", `{ type: api-key, file: "\${env:API_KEY}" }`),
    );
    assert.equal(problems.length, 2);
    assert.ok(!problems.join().includes("canary"), problems.join("\n"));
  });

  it("keeps secrets out of what a debugger or a log would print of a backend", () => {
    const { backends } = load(minimal.replace("price:", `apiKey: "\${env:API_KEY}", price:`));
    assert.ok(!inspect(backends, { depth: 10 }).includes("canary"));
  });
});

describe("Snapshot.access()", () => {
  const rules = `
access:
  - { models: [fast], allow: { roles: [engineer, research] } }
  - { models: [fast], allow: { tenant_id: acme } }
  - { models: ["lab/*"], allow: { workflow: triage } }
`;
  const snapshot = load(`${minimal.replace("fast: {", '"*": { targets: ["house/*"] }\n  fast: {')}${rules}`);

  it("leaves models that no rule names to everyone", () => assert.equal(access(["other"]), undefined));
  it("allows whom one of a model's rules allows", () => {
    assert.equal(access(["fast"], { roles: ["research"] }), undefined);
    assert.equal(access(["fast"], { tenantId: "acme" }), undefined);
  });
  it("refuses everyone else", () => assert.equal(access(["fast"])?.code, "forbidden"));
  it("refuses when one of several models is refused", () =>
    assert.equal(access(["other", "lab/x"])?.code, "forbidden"));
  it("matches patterns and the contract", () =>
    assert.equal(access(["lab/x"], {}, { "x-tollgate-workflow": "triage" }), undefined));

  function access(models: string[], who: Partial<Principal> = {}, headers: Record<string, string> = {}) {
    const principal = principalOf(who);
    return snapshot.access(models, attributesHere(principal, headers));
  }
});

describe("Snapshot.caps()", () => {
  const snapshot = load(
    `${minimal}caps:\n  - { when: { budget_class: low }, outputTokens: 100 }\n  - { inputTokens: 5000 }\n`,
  );

  it("takes the first that matches, whole", () => {
    assert.deepEqual(caps("low"), { inputTokens: undefined, outputTokens: 100 });
    assert.deepEqual(caps("standard"), { inputTokens: 5000, outputTokens: undefined });
  });

  function caps(budgetClass: string) {
    return snapshot.caps(attributesHere(principalOf({}), { "x-tollgate-budget-class": budgetClass }));
  }
});

function rateOf({ prices }: Snapshot) {
  return prices.rateOf("house", "openai-compatible", "llama", 0);
}

function loadText(text: string) {
  const path = join(folder, "tollgate.yaml");
  writeFileSync(path, text);
  return loadConfig(path, { API_KEY: "sk-canary" });
}

function load(text: string): Snapshot {
  const loaded = loadText(text);
  if (loaded.kind === "problems") assert.fail(loaded.problems.map(formatProblem).join("\n"));
  return loaded.snapshot;
}

function problemsOf(text: string): string[] {
  const loaded = loadText(text);
  return loaded.kind === "problems" ? loaded.problems.map(formatProblem) : [];
}

function principalOf(who: Partial<Principal>): Principal {
  const unset = { userId: undefined, team: undefined, app: undefined, keyName: undefined };
  return { tenantId: "local", ...unset, roles: [], fields: new Map(), ...who };
}

function attributesHere(principal: Principal, sent: Record<string, string>): Attributes {
  const headers = headersOf(sent);
  const fields = new Map<string, string>();
  const contract = createContractReader({}).read({ headers, fields, principal, requestId: undefined });
  return attributesOf({ principal, contract, headers, request: undefined });
}
