import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { Tiktoken } from "js-tiktoken/lite";
import o200k from "js-tiktoken/ranks/o200k_base";
import { parse } from "yaml";
import { loadConfig } from "../../../src/config/load.ts";
import { type CliPlace, type CliResult, runLine } from "../../support/stack/terminal.ts";

const config = `
version: 1
server: { address: "127.0.0.1:9902", token: "\${env:EDGE}" }
backends:
  openai: { provider: openai, apiKey: "\${env:KEY}" }
  house: { provider: openai-compatible, endpoint: "http://127.0.0.1:9900/v1", price: { input: 0.2, output: 0.6 } }
models:
  gpt-4.1: { targets: [openai/gpt-4.1, house/llama] }
  "house/*": { targets: ["house/*"] }
  "openai/*": { targets: ["openai/*"] }
identity: [{ type: anonymous, tenant_id: local }]
`;

let folder: string;
const run = (args: readonly string[], place: Partial<CliPlace> = {}): Promise<CliResult> =>
  runLine(args, { cwd: folder, env: { KEY: "secret-of-openai", EDGE: "what-envoy-sends" }, ...place });

before(() => {
  folder = mkdtempSync(join(tmpdir(), "tollgate-cli-"));
  writeFileSync(join(folder, "tollgate.yaml"), config);
  writeFileSync(join(folder, "bad.yaml"), "version: 2\nmodel: {}\n");
});
after(() => rmSync(folder, { recursive: true }));

describe("the command line", () => {
  it("takes the config by -c in every command that takes it as an argument", async () => {
    for (const args of [["check"], ["envoy", "-o", "made"]]) {
      const { code, err } = await run([...args, "-c", "bad.yaml"]);
      assert.equal(code, 1);
      assert.match(err, /bad\.yaml/);
    }
  });

  it("keeps a one-letter variable out of nobody's words", async () => {
    writeFileSync(join(folder, "short.yaml"), config.replace("version: 1", `version: "\${env:V}"`));
    const { err } = await run(["check", "short.yaml"], {
      env: { KEY: "secret-of-openai", EDGE: "what-envoy-sends", V: "e" },
    });
    assert.match(err, /must be 1, the version of this file format/);
  });

  it("helps on standard output, with exit code 0", async () => {
    for (const args of [["--help"], ["up", "--help"], ["key", "new", "--help"], ["help", "envoy"]]) {
      const { code, out, err } = await run(args);
      assert.deepEqual([code, err], [0, ""], args.join(" "));
      assert.match(out, /^Usage: tollgate/);
    }
  });

  it("tells the package's version", async () => {
    const { version } = JSON.parse(readFileSync("package.json", "utf8")) as { version: string };
    assert.deepEqual(await run(["--version"]), { code: 0, out: version, err: "" });
  });

  for (const [what, args] of [
    ["no command", []],
    ["a command that is not there", ["chek"]],
    ["an option that is not there", ["check", "--jsn"]],
    ["an argument too many", ["models", "x"]],
    ["an option that is required", ["envoy"]],
    ["an option without its value", ["usage", "--by"]],
    ["a value that is none of the choices", ["usage", "--format", "pdf"]],
    ["a port out of range", ["fake-provider", "--port", "65536"]],
    ["an address that is none", ["envoy", "-o", "x", "--server", "nowhere"]],
    ["an Envoy that nothing was proved with", ["envoy", "-o", "x", "--envoy", "1.20"]],
    ["a form that is not there", ["envoy", "-o", "x", "--format", "bootstrap,yaml"]],
    ["a period that is none", ["usage", "--since", "yesterday"]],
    ["an expiry that is no date", ["key", "new", "--tenant", "a", "--expires", "2027-02-31"]],
  ] as const) {
    it(`says once what is wrong with ${what}, with exit code 2`, async () => {
      const { code, out, err } = await run(args);
      assert.deepEqual([code, out], [2, ""]);
      assert.equal(
        err.split("\n").filter((line) => /^error: |^tollgate: |^Usage: /.test(line)).length,
        1,
        err,
      );
    });
  }
});

describe("tollgate check", () => {
  it("says nothing but ok of a good config", async () => {
    assert.deepEqual(await run(["check"]), { code: 0, out: "tollgate.yaml: ok", err: "" });
  });

  it("tells every problem of a bad one, each on its line, with exit code 1", async () => {
    const { code, out, err } = await run(["check", "bad.yaml"]);
    assert.deepEqual([code, out], [1, ""]);
    assert.match(err, /bad\.yaml:1:\d+ version: .*\n.*bad\.yaml:2:\d+ /);
    assert.match(err, /\ntollgate: bad\.yaml: \d problems$/);
  });

  it("tells the problems as JSON", async () => {
    const { code, out } = await run(["check", "bad.yaml", "--json"]);
    const { ok, problems } = JSON.parse(out) as { ok: boolean; problems: { path: string; line: number }[] };
    assert.deepEqual([code, ok], [1, false]);
    assert.equal(problems.find(({ path }) => path === "version")?.line, 1);
  });

  it("prints the JSON Schema, for which no config is needed", async () => {
    const { code, out } = await run(["check", "nowhere.yaml", "--schema"]);
    assert.equal(code, 0);
    assert.equal((JSON.parse(out) as { title: string }).title, "tollgate.yaml");
  });

  it("says that a file is not there", async () => {
    const { code, err } = await run(["check", "nowhere.yaml"]);
    assert.equal(code, 1);
    assert.match(err, /^tollgate: \S*nowhere\.yaml cannot be read \(ENOENT\)$/);
  });
});

describe("secrets that are not there", () => {
  const missing = { env: { EDGE: "what-envoy-sends" } };

  it("keep no command from its work that asks no provider", async () => {
    for (const args of [["models"], ["prices"], ["usage"], ["envoy", "tollgate.yaml", "-o", "secretless"]]) {
      const { code, err } = await run(args, missing);
      assert.equal(code, 0, `${args.join(" ")}: ${err}`);
    }
  });

  it("are named by check, which finds nothing else wrong", async () => {
    assert.deepEqual(await run(["check"], missing), {
      code: 0,
      out: "tollgate.yaml: ok",
      err: "not checked: backends.openai.apiKey: the environment variable KEY is not set: export KEY, or name another one",
    });
    const { out } = await run(["check", "--json"], missing);
    assert.equal((JSON.parse(out) as { absentSecrets: unknown[] }).absentSecrets.length, 1);
  });

  it("are a problem for what serves, and everywhere when they are there and bad", async () => {
    const { code, err } = await run(["serve"], missing);
    assert.equal(code, 1);
    assert.match(err, /backends\.openai\.apiKey: the environment variable KEY is not set/);
    const bad = await run(["check"], { env: { KEY: "sk-one\n" } });
    assert.equal(bad.code, 1);
    assert.match(bad.err, /apiKey: the environment variable KEY ends with a line end: leave it out/);
  });

  it("are told from a request file that is not there", async () => {
    const { code, err } = await run(["explain", "tollgate.yaml", "--request", "nofile.json"], missing);
    assert.deepEqual([code, err], [1, "tollgate: the request nofile.json cannot be read (ENOENT)"]);
  });
});

describe("tollgate models and prices", () => {
  it("list what clients may name, patterns too, and where it goes", async () => {
    const { code, out } = await run(["models", "--json"]);
    assert.equal(code, 0);
    assert.deepEqual(JSON.parse(out), [
      { model: "gpt-4.1", targets: ["openai/gpt-4.1", "house/llama"], attempts: 2 },
      { model: "house/*", targets: ["house/*"], attempts: 1 },
      { model: "openai/*", targets: ["openai/*"], attempts: 1 },
    ]);
  });

  it("say which price counts today, and because of what", async () => {
    const { code, out } = await run(["prices", "--format", "json"]);
    const rows = JSON.parse(out) as {
      target: string;
      input: string;
      from: string;
      entry: string;
      line: number;
    }[];
    assert.equal(code, 0);
    assert.deepEqual(
      rows.map((row) => [row.target, row.from, row.entry]),
      [
        ["openai/gpt-4.1", "builtin", "openai/gpt-4.1"],
        ["house/llama", "backend", null],
        ["house/*", "backend", null],
        ["openai/*", null, null],
      ],
    );
    assert.equal(rows[1]?.input, "0.2");
    const lines = readFileSync("assets/prices.yaml", "utf8").split("\n");
    assert.match(lines[(rows[0]?.line ?? 0) - 1] ?? "", /gpt-4\.1/);
  });

  it("tell every kind of rate to programs: classes, long inputs, service tiers", async () => {
    const { out } = await run(["prices", "--all", "--json"]);
    const rows = JSON.parse(out) as Record<string, unknown>[];
    const priceOf = (target: string) => rows.find((row) => row.target === target);
    const { cache_write, cache_write_1h, services } = priceOf("anthropic/claude-sonnet-4-5") ?? {};
    assert.deepEqual([cache_write, cache_write_1h], ["3.75", "6"]);
    assert.deepEqual(Object.keys(services ?? {}), ["batch"]);
    assert.deepEqual(priceOf("openai/gpt-6-sol")?.tiers, [
      { above_input_tokens: 272_000, input: "4", cached_input: "0.4", output: "15", cache_write: "5" },
    ]);
  });

  it("are tables for people", async () => {
    const { out } = await run(["prices"]);
    const [head, first, , , pattern] = out.split("\n");
    assert.match(head ?? "", /^target +input +cached +output +source$/);
    assert.match(
      first ?? "",
      /^openai\/gpt-4\.1 +2 +0\.5 +8 +builtin:\d+ openai\/gpt-4\.1, since \d{4}-\d\d-\d\d$/,
    );
    assert.match(pattern ?? "", /depends on the requested model$/);
  });

  it("list every price in force when asked", async () => {
    const { out } = await run(["prices", "--all", "--json"]);
    const targets = (JSON.parse(out) as { target: string }[]).map((row) => row.target);
    assert.ok(targets.includes("anthropic/claude-sonnet-4-5") && targets.length > 20);
  });

  it("fail on a bad config as check does", async () => {
    for (const command of ["models", "prices", "usage", "serve"]) {
      const { code, err } = await run([command, "-c", "bad.yaml"]);
      assert.equal(code, 1, command);
      assert.match(err, /version: must be 1/);
    }
  });
});

describe("tollgate count", () => {
  const text = "The quick brown fox — Füchse, 狐狸 🦊 — jumps over 13 lazy dogs.\n".repeat(50);
  const tokens = new Tiktoken(o200k).encode(text).length;

  it("counts files as the model does", async () => {
    writeFileSync(join(folder, "fox.txt"), text);
    const { code, out } = await run(["count", "fox.txt", "--model", "gpt-4o", "--json"]);
    assert.equal(code, 0);
    assert.deepEqual(JSON.parse(out), [{ file: "fox.txt", model: "gpt-4o", tokens }]);
  });

  it("counts standard input, wherever its pieces are cut", async () => {
    const bytes = Buffer.from(text);
    const input = [bytes.subarray(0, 23), bytes.subarray(23, 36), bytes.subarray(36)];
    const { out } = await run(["count", "--json"], { input });
    assert.deepEqual(JSON.parse(out), [{ file: "-", model: "gpt-4.1", tokens }]);
  });

  it("says when it is an estimate", async () => {
    const { out, err } = await run(["count", "--model", "claude-sonnet-4-5"], { input: ["hello"] });
    assert.match(out, /^tokens {2}file\n +\d+ {2}-$/);
    assert.match(err, /^an estimate \(claude\): there may be up to \d+ % more$/);
  });

  const messages = [{ role: "user", content: "hello" }];
  const bodies: readonly [path: string, model: string, body: object][] = [
    ["/v1/chat/completions", "gpt-4o", { model: "gpt-4o", messages }],
    ["/v1/responses", "gpt-4o", { model: "gpt-4o", input: "hello" }],
    ["/v1/messages", "claude-sonnet-4-5", { model: "claude-sonnet-4-5", max_tokens: 9, messages }],
    ["/v1/messages/count_tokens", "claude-sonnet-4-5", { model: "claude-sonnet-4-5", messages }],
    ["/v1/embeddings", "text-embedding-3-small", { model: "text-embedding-3-small", input: "hello" }],
    [
      "/model/amazon.nova-pro-v1:0/converse",
      "amazon.nova-pro-v1:0",
      { messages: [{ role: "user", content: [{ text: "hello" }] }] },
    ],
    [
      "/v1beta/models/gemini-2.5-pro:generateContent",
      "gemini-2.5-pro",
      { contents: [{ parts: [{ text: "hello" }] }] },
    ],
    ["/v2/rerank", "rerank-v3.5", { model: "rerank-v3.5", query: "hello", documents: ["hello"] }],
  ];
  for (const [path, model, body] of bodies) {
    it(`counts a request to ${path}, framing and all`, async () => {
      const { code, out, err } = await run(["count", "--request", path, "--json"], {
        input: [JSON.stringify(body)],
      });
      assert.deepEqual([code, err], [0, ""]);
      const [row] = JSON.parse(out);
      assert.deepEqual([row.file, row.model], ["-", model]);
      assert.ok(row.tokens >= 1 && row.tokens < 20, out);
    });
  }

  it("counts a request for another model than it names", async () => {
    const input = [JSON.stringify({ model: "gpt-4o", messages })];
    const { out } = await run(["count", "--request", "/v1/chat/completions", "--model", "gpt-4", "--json"], {
      input,
    });
    assert.deepEqual(JSON.parse(out), [{ file: "-", model: "gpt-4", tokens: 8 }]);
  });

  for (const [what, path, body, message] of [
    ["no request", "/v1/chat/completions", "hello", /^tollgate: -: /],
    ["no model", "/v1/embeddings", '{"input":"x"}', /names no model: give --model$/],
    ["a path that is no request's", "/v1/nothing", "{}", /no API has the path \/v1\/nothing/],
  ] as const) {
    it(`refuses ${what}`, async () => {
      const { code, out, err } = await run(["count", "--request", path], { input: [body] });
      assert.notEqual(code, 0);
      assert.equal(out, "");
      assert.match(err, message);
    });
  }

  it("says which file it could not read", async () => {
    const { code, err } = await run(["count", "fox.txt", "missing.txt"]);
    assert.deepEqual([code, err], [1, "tollgate: missing.txt cannot be read (ENOENT)"]);
  });
});

describe("tollgate key new", () => {
  it("makes a key whose entry the config takes", async () => {
    const { code, out } = await run([
      ...["key", "new", "--tenant", "acme", "--user", "bob", "--role", "dev", "ops", "--json"],
    ]);
    const { key, entry } = JSON.parse(out) as { key: string; entry: string };
    assert.equal(code, 0);
    writeFileSync(join(folder, "keys.yaml"), `keys:\n${entry}\n`);
    writeFileSync(
      join(folder, "keyed.yaml"),
      config.replace("{ type: anonymous, tenant_id: local }", "{ type: api-key, file: ./keys.yaml }"),
    );
    const loaded = loadConfig(join(folder, "keyed.yaml"), {
      KEY: "secret-of-openai",
      EDGE: "what-envoy-sends",
    });
    assert.ok(loaded.kind === "snapshot");
    const recognised = loaded.snapshot.identities[0]?.identify(key, 0);
    assert.ok(recognised !== undefined && "kind" in recognised && recognised.kind === "principal");
    assert.equal(recognised.principal.tenantId, "acme");
  });

  it("keeps no more of the key than its digest", async () => {
    const { out } = await run(["key", "new", "--tenant", "acme", "--app", "shop"]);
    const key = /^tg-\S+$/m.exec(out)?.[0] ?? "";
    const entry = out.slice(out.indexOf("  - name"));
    assert.deepEqual(parse(entry), [
      {
        name: "acme-shop",
        sha256: createHash("sha256").update(key).digest("hex"),
        tenant_id: "acme",
        app: "shop",
      },
    ]);
  });
});

describe("tollgate envoy", () => {
  it("writes one static file, or a bootstrap with its folders", async () => {
    const { code, out } = await run(["envoy", "-o", "deep/out", "--format", "bootstrap,xds", "--json"]);
    const { files } = JSON.parse(out) as { files: string[] };
    assert.equal(code, 0);
    assert.deepEqual(
      files,
      ["bootstrap.json", "xds/bootstrap.json"].map((name) => join(folder, "deep/out", name)),
    );
    for (const name of ["cds/clusters", "rds/routes", "lds/listeners"])
      assert.ok(existsSync(join(folder, "deep/out/xds", `${name}.json`)), name);
  });

  it("holds no provider's credential, and what Envoy sends to Tollgate in files of its user alone", async () => {
    await run(["envoy", "-o", "out", "--format", "bootstrap,xds"]);
    const tokens = ["bootstrap.json", "xds/cds/clusters.json", "xds/lds/listeners.json"].map((name) => {
      const path = join(folder, "out", name);
      const text = readFileSync(path, "utf8");
      assert.ok(!text.includes("secret-of-openai"));
      assert.equal(statSync(path).mode & 0o077, 0);
      return text.split("what-envoy-sends").length - 1;
    });
    // Three filters on each of the three clusters' attempts, one on the listener, and two access logs.
    assert.deepEqual(tokens, [tokens[1]! + tokens[2]!, tokens[1], 3]);
  });

  it("puts in where Envoy reaches Tollgate and what it trusts, when told", async () => {
    await run(["envoy", "-o", "out", "--server", "tollgate.svc:9000", "--ca", "/ca.pem"]);
    const text = readFileSync(join(folder, "out/bootstrap.json"), "utf8");
    assert.match(text, /"address": "tollgate\.svc",\s+"port_value": 9000/);
    assert.match(text, /"filename": "\/ca\.pem"/);
    assert.doesNotMatch(text, /9902/);
  });

  it("refuses a server address that nobody can connect to, and says what to do", async () => {
    writeFileSync(join(folder, "any.yaml"), config.replace("127.0.0.1:9902", "127.0.0.1:0"));
    const { code, err } = await run(["envoy", "any.yaml", "-o", "out"]);
    assert.equal(code, 2);
    assert.match(err, /cannot connect to 127\.0\.0\.1:0: say with --server/);
  });
});
