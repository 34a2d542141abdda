import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { loadConfig } from "../../../src/config/load.ts";
import { createLog } from "../../../src/core/log.ts";
import { Gateway } from "../../../src/gateway.ts";
import { liftOverrides, orderOverride } from "../../support/admin/operator.ts";
import { type CliResult, runLine } from "../../support/stack/terminal.ts";

/** A token costs 10,000 nano-dollars of the big model, and 1,000 of the small one. */
const config = `
version: 1
server: { address: "unix:./t.sock" }
admin: { address: "127.0.0.1:0" }
backends:
  alpha: { provider: openai-compatible, endpoint: "http://127.0.0.1:9900/v1", price: { input: 10, output: 10 } }
  beta: { provider: openai-compatible, endpoint: "http://127.0.0.1:9901/v1", price: { input: 1, output: 1 } }
  claude: { provider: anthropic, apiKey: "\${env:KEY}", endpoint: "http://127.0.0.1:9902", price: { input: 0.1, output: 0.1 } }
  gemini: { provider: gemini, apiKey: "\${env:KEY}", endpoint: "http://127.0.0.1:9903", price: { input: 0.1, output: 0.1 } }
models:
  big: { targets: [alpha/gpt-4.1, beta/gpt-4.1-mini] }
  small: { targets: [beta/gpt-4.1-mini] }
  mixed: { targets: [beta/gpt-4.1-mini, claude/claude-sonnet-4-5, gemini/gemini-2.5-flash] }
  checked: { targets: [beta/gpt-4.1-mini], validate: { complete: true, jsonSchema: auto, stream: pass } }
  only-claude: { targets: [claude/claude-sonnet-4-5] }
identity: [{ type: api-key, file: ./keys.yaml }]
limits:
  - { name: rpm, per: [tenant_id], requests: 60, window: 1m, mode: observe }
budgets:
  - { name: day, per: [tenant_id], usd: 0.01, window: day, exceeded: [{ use: small }, reject] }
  - { name: stepped, when: { workflow: stepped }, usd: 0.05, window: day, degrade: [{ at: 1%, use: small }] }
  - { name: small-day, when: { workflow: tight }, usd: 0.0000001, window: day }
`;
const keys = `keys: [{ name: acme-app, sha256: ${createHash("sha256").update("key-acme").digest("hex")}, tenant_id: acme, user_id: acme-user }]`;
const body = (maxTokens: number) =>
  JSON.stringify({ model: "big", max_tokens: maxTokens, messages: [{ role: "user", content: "hi" }] });
const chat = (more: object) =>
  JSON.stringify({ max_tokens: 10, messages: [{ role: "user", content: "hi" }], ...more });

let folder: string;
let gateway: Gateway;
before(async () => {
  folder = mkdtempSync(join(tmpdir(), "tg-explain-"));
  writeFileSync(join(folder, "tollgate.yaml"), config);
  writeFileSync(join(folder, "keys.yaml"), keys);
  writeFileSync(join(folder, "short.json"), body(100));
  writeFileSync(join(folder, "long.json"), body(2_000));
  writeFileSync(join(folder, "plain.json"), chat({ model: "checked" }));
  for (const [name, type] of [
    ["asked", "object"],
    ["odd", "no such type"],
  ])
    writeFileSync(
      join(folder, `${name}.json`),
      chat({
        model: "checked",
        response_format: { type: "json_schema", json_schema: { name: "n", schema: { type } } },
      }),
    );
  const loaded = loadConfig(join(folder, "tollgate.yaml"), { KEY: "secret" });
  if (loaded.kind === "problems") throw new Error(loaded.problems[0].message);
  gateway = await Gateway.start({ snapshot: loaded.snapshot, log: createLog("error") });
});
after(async () => {
  await gateway.close();
  rmSync(folder, { recursive: true, force: true });
});

const run = (...args: readonly string[]): Promise<CliResult> =>
  runLine(["explain", "--key", "key-acme", ...args], { cwd: folder, env: { KEY: "secret" } });

describe("tollgate explain", () => {
  it("says what the answer would be checked by, as far as the request asks for it", async () => {
    const told = async (file: string) => (await run("--request", file)).out;
    const rest = /\(streams: pass; one that fails: the next target\)$/m;
    assert.match(await told("asked.json"), /^ {2}answers are checked by complete, jsonSchema \(streams/m);
    assert.match(await told("asked.json"), rest);
    assert.match(await told("plain.json"), /^ {2}answers are checked by complete \(streams/m);
    assert.match(await told("odd.json"), /by complete, not by jsonSchema: the schema cannot be read \(/);
    assert.doesNotMatch(await told("short.json"), /checked by/);
    const { out } = await run("--request", "asked.json", "--json");
    const { offers } = JSON.parse(out) as { offers: { checks?: object }[] };
    assert.deepEqual(offers[0]?.checks, {
      rules: ["complete", "jsonSchema"],
      unreadable: [],
      stream: "pass",
      on_fail: "next",
    });
  });

  it("says who calls, under which contract, which targets in order, what is held, and that limits are not asked", async () => {
    const { code, out } = await run("--request", "short.json", "-H", "x-tollgate-workflow: letters");
    assert.equal(code, 0);
    assert.match(out, /^caller {4}tenant_id=acme user_id=acme-user key_name=acme-app$/m);
    assert.match(out, /^contract .*workflow=letters/m);
    assert.match(out, /^ {2}1\. alpha\/gpt-4\.1: \d+ input tokens/m);
    assert.match(out, /^ {2}2\. beta\/gpt-4\.1-mini: /m);
    assert.match(
      out,
      /^ {2}ok {2}day \(tenant_id=acme\) day@UTC: asks \$0\.001\d+, has \$0\.01 of \$0\.01 left$/m,
    );
    assert.match(out, /^note {6}no gateway was asked/m);
    assert.match(out, /^outcome {3}goes to alpha\/gpt-4\.1$/m);
  });

  it("climbs the ladder as admission does", async () => {
    const { out } = await run("--request", "long.json", "--json");
    const { offers, outcome } = JSON.parse(out);
    assert.deepEqual(
      offers.map((offer: { ladder_of?: string; fits: boolean }) => [offer.ladder_of, offer.fits]),
      [
        [undefined, false],
        ["day", true],
      ],
    );
    assert.deepEqual(outcome, { kind: "forward", target: "beta/gpt-4.1-mini" });
  });

  it("shows the share that an offer is bound to, and the step that follows", async () => {
    const args = ["--request", "short.json", "-H", "x-tollgate-workflow: stepped"];
    const { out } = await run(...args);
    assert.match(
      out,
      /^ {2}REFUSES {2}stepped day@UTC: asks \$0\.001\d*, has \$0\.05 of \$0\.05 left, may fill 1%$/m,
    );
    assert.match(out, /^offer \d .*, by the ladder of stepped from 1% on: fits$/m);
    const { offers } = JSON.parse((await run(...args, "--json")).out);
    assert.deepEqual([offers.at(-1).ladder_of, offers.at(-1).from_percent], ["stepped", 1]);
  });

  it("says which rule refuses, and what it would answer", async () => {
    const { code, out } = await run("--request", "short.json", "-H", "x-tollgate-workflow: tight");
    assert.equal(code, 0);
    assert.match(out, /^ {2}REFUSES {2}small-day /m);
    assert.match(out, /^outcome {3}refused 429 insufficient_quota: budget small-day /m);
  });

  it("asks a running gateway where limits stand, and holds nothing there", async () => {
    const [budget] = gateway.snapshot.policies.filter(({ name }) => name === "day");
    assert.ok(budget !== undefined);
    const account = {
      id: "day|tenant_id=acme|day@UTC|nano_usd",
      name: "day",
      key: "tenant_id=acme",
      unit: "nano_usd",
      window: { kind: "calendar", period: "day", timeZone: "UTC" },
      limit: 10_000_000n,
    } as const;
    await gateway.ledger.reserve("other", [[{ account, amount: 9_999_000n }]]);
    const { out } = await run("--request", "short.json", "--admin", gateway.adminUrl, "--json");
    const { live, offers, outcome } = JSON.parse(out);
    assert.equal(live, true);
    const left = offers[0].claims.find((claim: { name: string }) => claim.name === "day").left;
    assert.equal(left, "1000");
    assert.deepEqual([outcome.kind, outcome.status], ["refuse", 429]);
    assert.equal(gateway.ledger.openHolds(), 1);
    await gateway.ledger.settle("other", []);
  });

  it("asks a running gateway what is stopped", async () => {
    const { adminUrl } = gateway;
    await orderOverride(adminUrl, { action: "stop", scope: { tenant: "acme" }, for: "15m" });
    const { out } = await run("--request", "short.json", "--admin", adminUrl);
    assert.match(out, /^outcome {3}refused 403 suspended: tenant acme is stopped until /m);
    await liftOverrides(adminUrl);
  });

  it("says for each target what translation makes of the request, in the words of its warning", async () => {
    writeFileSync(
      join(folder, "seed.json"),
      chat({ model: "mixed", seed: 7, temperature: 1.5, user: "u-1" }),
    );
    const { out } = await run("--request", "seed.json");
    assert.match(out, /^ {2}1\. beta\/gpt-4\.1-mini: .*\n {2}2\. claude/m);
    const [first, second] = out.match(/^ {5}translated to .*$/gm) ?? [];
    assert.equal(
      first,
      "     translated to anthropic-messages; x-tollgate-warning: user dropped, seed dropped, temperature clamped to 1",
    );
    assert.equal(second, "     translated to gemini-generate; x-tollgate-warning: user dropped");
    const [offer] = JSON.parse((await run("--request", "seed.json", "--json")).out).offers;
    assert.deepEqual(
      offer.targets.map(({ format, translated, changes }: Record<string, unknown>) => [
        format,
        translated,
        changes,
      ]),
      [
        ["openai-chat", false, []],
        ["anthropic-messages", true, ["user dropped", "seed dropped", "temperature clamped to 1"]],
        ["gemini-generate", true, ["user dropped"]],
      ],
    );
    writeFileSync(join(folder, "plain.json"), chat({ model: "only-claude" }));
    assert.match(
      (await run("--request", "plain.json")).out,
      /translated to anthropic-messages; nothing is lost/,
    );
  });

  it("says which targets are passed over for which field, and the 400 where none is left", async () => {
    writeFileSync(join(folder, "n.json"), chat({ model: "mixed", n: 2 }));
    assert.match(
      (await run("--request", "n.json")).out,
      /^left out {2}claude\/claude-sonnet-4-5: n cannot be said in the format of this model's provider$/m,
    );
    const { left_out: leftOut, outcome } = JSON.parse((await run("--request", "n.json", "--json")).out);
    assert.deepEqual(leftOut, [
      {
        target: "claude/claude-sonnet-4-5",
        reason: "n cannot be said in the format of this model's provider",
        field: "n",
      },
    ]);
    assert.equal(outcome.kind, "forward");
    writeFileSync(join(folder, "n-only.json"), chat({ model: "only-claude", n: 2 }));
    const refused = JSON.parse((await run("--request", "n-only.json", "--json")).out).outcome;
    assert.deepEqual(
      [refused.kind, refused.status, refused.code, refused.field],
      ["refuse", 400, "unsupported", "n"],
    );
  });

  it("is refused as the request would be, without a key", async () => {
    const { code, err } = await runLine(["explain", "--request", "short.json"], {
      cwd: folder,
      env: { KEY: "secret" },
    });
    assert.equal(code, 1);
    assert.match(err, /refused 401/);
  });

  it("says what is wrong with a header, a file and a request", async () => {
    assert.equal((await run("--request", "short.json", "-H", "no header")).code, 2);
    assert.match((await run("--request", "none.json")).err, /none\.json cannot be read/);
    writeFileSync(join(folder, "bad.json"), "{");
    assert.match((await run("--request", "bad.json")).out, /outcome {3}refused 400 invalid_request/);
  });
});
