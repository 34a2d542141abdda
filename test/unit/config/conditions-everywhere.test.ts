import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { attributesOf } from "../../../src/condition/attributes-of.ts";
import { attributes } from "../../../src/condition/index.ts";
import type { Subject } from "../../../src/condition/subject.ts";
import { loadConfig } from "../../../src/config/load.ts";
import type { Snapshot } from "../../../src/config/snapshot.ts";
import { headersOf } from "../../../src/core/headers.ts";
import { openaiChat } from "../../../src/dialect/openai-chat/openai-chat.ts";
import { admission } from "../../support/exchange/admission.ts";

const folder = mkdtempSync(join(tmpdir(), "tollgate-conditions-"));
after(() => rmSync(folder, { recursive: true }));

const values = new Map([
  ["workflow", "summarize"],
  ["tenant_id", "acme"],
  ["priority", "0042"],
]);
const body = {
  model: "fast",
  stream: true,
  messages: [{ role: "user", content: [{ type: "image_url", image_url: { url: "https://a/b.png" } }] }],
  tools: [{ type: "function", function: { name: "look" } }],
  response_format: { type: "json_object" },
};
const subject: Subject = {
  principal: {
    tenantId: "acme",
    userId: undefined,
    team: undefined,
    app: undefined,
    roles: ["engineer"],
    keyName: undefined,
    fields: new Map(),
  },
  contract: { field: (name) => values.get(name) },
  headers: headersOf({ "x-region": "eu-west", "accept-language": "de-AT" }),
  request: {
    facts: openaiChat.inspect(Buffer.from(JSON.stringify(body)), { name: "chat" }),
    dialect: "openai-chat",
    path: "/v1/chat/completions?beta=true",
    inputTokens: 60_000,
  },
};
const asked = attributesOf(subject);

/** For each field a condition that holds for the subject, and one that does not. */
const fields: Readonly<Record<string, readonly [holds: string, holdsNot: string]>> = {
  workflow: ["summ*", "classify"],
  tenant_id: ["[acme, globex]", "globex"],
  priority: ["0042", "42"],
  model: ["fa*", "slow"],
  dialect: ["openai-chat", "gemini-generate"],
  operation: ["chat", "embed"],
  stream: ["true", "false"],
  tools: ["true", "false"],
  images: ["true", "false"],
  responseFormat: ["[json, json-schema]", "text"],
  language: ["de", "fr"],
  inputTokens: ['">50000"', '"<=50000"'],
  path: ["/v1/chat/*", "/v1/messages"],
  query: ["{ beta: true }", "{ beta: false }"],
  header: ["{ X-Region: eu-* }", "{ X-Region: us-* }"],
  roles: ["[admin, engineer]", "admin"],
};

/** Every place of a config that has a condition on requests: how it is written, and whether it holds for the subject. */
const places: Readonly<
  Record<
    string,
    { readonly write: (when: string) => string; readonly holds: (snapshot: Snapshot) => boolean }
  >
> = {
  "routes.when": {
    write: (when) => `routes: [{ when: ${when}, use: slow }]`,
    holds: ({ routes }) => routes.find(asked) !== undefined,
  },
  "access.allow": {
    write: (when) => `access: [{ models: [fast], allow: ${when} }]`,
    holds: (snapshot) => snapshot.access(["fast"], asked) === undefined,
  },
  "caps.when": {
    write: (when) => `caps: [{ when: ${when}, inputTokens: 5 }]`,
    holds: (snapshot) => snapshot.caps(asked).inputTokens === 5,
  },
  "limits.when": {
    write: (when) => `limits: [{ name: l, when: ${when}, requests: 5, window: 1m }]`,
    holds: claims,
  },
  "limits.when, concurrent": {
    write: (when) => `limits: [{ name: l, when: ${when}, concurrent: 5 }]`,
    holds: claims,
  },
  "budgets.when": {
    write: (when) => `budgets: [{ name: b, when: ${when}, usd: 5, window: day }]`,
    holds: claims,
  },
};

function claims({ policies }: Snapshot): boolean {
  const judgement = policies[0]?.judge?.({ ...admission({}), attributes: asked });
  return judgement?.kind === "allow" && judgement.claims.length > 0;
}

describe("a condition means the same everywhere:", () => {
  it("every attribute is in this table", () =>
    assert.deepEqual(
      attributes.map(({ name }) => name).filter((name) => fields[name] === undefined),
      [],
    ));

  for (const [place, { write, holds }] of Object.entries(places))
    for (const [name, [yes, no]] of Object.entries(fields))
      it(`${name} in ${place}`, () => {
        assert.equal(holds(snapshotOf(write(`{ ${name}: ${yes} }`))), true);
        assert.equal(holds(snapshotOf(write(`{ ${name}: ${no} }`))), false);
      });

  for (const [place, { write, holds }] of Object.entries(places))
    it(`and, or and not in ${place}`, () => {
      const either = "{ or: [{ and: [{ model: slow }] }, { not: { stream: false } }] }";
      assert.equal(holds(snapshotOf(write(either))), true);
      assert.equal(holds(snapshotOf(write("{ not: { or: [{ model: slow }, { stream: true }] } }"))), false);
    });

  for (const [place, { write }] of Object.entries(places)) {
    it(`${place} says why it cannot ask for a backend, and where that can be asked`, () =>
      assert.match(
        problemsOf(write("{ or: [{ backend: house }] }")),
        /\.or\[0\]\.backend: a request has no backend before it is planned.*`per` backend.*`overrides`/,
      ));
    it(`${place} names the field that is meant`, () =>
      assert.match(problemsOf(write("{ worklow: a }")), /worklow: no request has a field .*"workflow"/));
    it(`the size of the input is counted for ${place} where it asks, and only then`, () => {
      assert.equal(snapshotOf(write('{ not: { inputTokens: "<9" } }')).compareInputTokens, true);
      assert.equal(snapshotOf(write("{ stream: true }")).compareInputTokens, false);
    });
  }
});

describe("a condition on accounts", () => {
  const overriding = (match: string, per = "[tenant_id, workflow, model, backend, priority]") =>
    `limits: [{ name: l, per: ${per}, concurrent: 5, overrides: [{ match: ${match}, concurrent: 9 }] }]`;
  const key = "tenant_id=acme,workflow=summarize,model=fast,backend=house,priority=0042";

  for (const [match, limit] of [
    ["{ workflow: summ* }", 9n],
    ["{ workflow: classify }", 5n],
    ["{ backend: house, model: [fast, slow] }", 9n],
    ["{ priority: 0042 }", 9n],
    ["{ priority: 42 }", 5n],
    ["{ not: { tenant_id: globex } }", 9n],
    ["{ or: [{ backend: attic }, { model: slow }] }", 5n],
  ] as const)
    it(`${match} gives the account ${limit} slots`, () => {
      const [policy] = snapshotOf(overriding(match)).policies;
      assert.equal(policy?.rules[0]?.find(key)?.limit, limit);
    });

  for (const name of [...Object.keys(fields), "backend"])
    it(`says that ${name} is not known of accounts kept by another field, and where it is`, () => {
      const [wanted = "house"] = fields[name] ?? [];
      const per = name === "tenant_id" ? "[workflow]" : "[tenant_id]";
      assert.match(
        problemsOf(overriding(`{ ${name}: ${wanted} }`, per)),
        new RegExp(`match\\.${name}.*: must be one of \`per\`.*"${name}" in \`when\``),
      );
    });
});

describe("a contract", () => {
  it("has no field whose name means something else in conditions, but may declare the language", () => {
    for (const name of ["tools", "path", "header", "not"])
      assert.match(
        problemsOf("", `contract: { ${name}: {}, priority: {} }`),
        new RegExp(`contract.${name}: .*condition`),
      );
    snapshotOf("", "contract: { language: {}, priority: {} }");
  });
});

function load(rules: string, contract = "contract: { priority: {} }") {
  const path = join(folder, "tollgate.yaml");
  writeFileSync(
    path,
    `version: 1
backends:
  house: { provider: openai-compatible, endpoint: "http://127.0.0.1:9900/v1", price: { input: 1, output: 1 } }
models:
  fast: { targets: [house/llama] }
  slow: { targets: [house/llama] }
identity: [{ type: anonymous, tenant_id: acme }]
${contract}
${rules}
`,
  );
  return loadConfig(path, {});
}

function snapshotOf(rules: string, contract?: string): Snapshot {
  const loaded = load(rules, contract);
  assert.ok(loaded.kind === "snapshot", JSON.stringify(loaded));
  return loaded.snapshot;
}

function problemsOf(rules: string, contract?: string): string {
  const loaded = load(rules, contract);
  assert.ok(loaded.kind === "problems", "it is refused");
  return loaded.problems.map(({ path, message }) => `${path}: ${message}`).join("\n");
}
