import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { MemoryLedger } from "../../../src/ledger/memory.ts";
import { formatTarget, type Target } from "../../../src/plan/plan.ts";
import type { HealthSignal } from "../../../src/route/health.ts";
import { manualClock } from "../../support/core/manual-clock.ts";
import { Random } from "../../support/core/random.ts";
import { exchangesOn, snapshotOf } from "../../support/exchange/exchanges.ts";

const backends = ["eu", "eu2", "us", "us2"];
const head = `
version: 1
backends:
${backends
  .map(
    (name, at) =>
      `  ${name}: { provider: openai-compatible, endpoint: "http://127.0.0.1:${9900 + at}/v1", region: ${name.slice(0, 2)}, private: ${at % 2 === 1}, price: { input: ${10 - 3 * at}, output: ${8 - 2 * at} } }`,
  )
  .join("\n")}
identity: [{ type: anonymous, tenant_id: local }]
contract: { data: { values: [eu, us, any] } }
`;

/** Where each request went, or the code of its refusal. */
async function planOf(
  config: string,
  body: object,
  headers: Readonly<Record<string, string>> = {},
  path?: string,
): Promise<readonly string[]> {
  const clock = manualClock("2026-08-03T12:00:00Z");
  const exchanges = exchangesOn(snapshotOf(config), new MemoryLedger({ clock }), clock);
  const { exchange } = await exchanges.ask(body, path, headers);
  if (exchange.ending !== undefined) return [exchange.errorCode ?? ""];
  return exchange.forwarded?.plan.targets.map(({ target }) => formatTarget(target)) ?? [];
}

const chat = (model: string) => ({ model, messages: [{ role: "user", content: "hi there" }] });

describe("bounds", () => {
  const config = `${head}
models:
  wf: { targets: [us/m] }
  both: { targets: [us/m], fallback: [eu/m, eu2/m] }
routes:
  - { name: summaries, when: { workflow: summarize }, use: wf }
  - { when: { workflow: classify }, use: both, only: { private: true } }
bounds:
  - { name: residency, when: { data: eu }, only: { region: eu } }
  - { name: own, when: { sensitivity: restricted }, only: { private: true } }
`;

  it("bind whatever route was taken", async () => {
    const eu = { "x-tollgate-data": "eu" };
    assert.deepEqual(await planOf(config, chat("both"), eu), ["eu/m", "eu2/m"]);
    assert.deepEqual(await planOf(config, chat("both"), { ...eu, "x-tollgate-workflow": "summarize" }), [
      "no_backend",
    ]);
    assert.deepEqual(await planOf(config, chat("both"), { "x-tollgate-workflow": "summarize" }), ["us/m"]);
  });

  it("all apply, and add to the bounds of the route", async () => {
    const headers = { "x-tollgate-data": "eu", "x-tollgate-sensitivity": "restricted" };
    assert.deepEqual(await planOf(config, chat("both"), headers), ["eu2/m"]);
    const classify = { "x-tollgate-data": "eu", "x-tollgate-workflow": "classify" };
    assert.deepEqual(await planOf(config, chat("both"), classify), ["eu2/m"]);
  });

  it("bind the ladders of budgets", async () => {
    const ladder = `${head}
models:
  dear: { targets: [eu2/m] }
  cheap: { targets: [us/m] }
bounds: [{ when: { data: eu }, only: { region: eu } }]
budgets: [{ name: day, usd: 0.00025, window: day, exceeded: [{ use: cheap }, reject] }]
`;
    const body = { ...chat("dear"), max_tokens: 45 };
    assert.deepEqual(await planOf(ladder, body), ["us/m"]);
    assert.deepEqual(await planOf(ladder, body, { "x-tollgate-data": "eu" }), ["insufficient_quota"]);
  });

  it("are never crossed, whatever routes, fallbacks, health and operators say", async () => {
    const random = new Random(1_812);
    const target = () => `${random.pick(backends)}/m`;
    const signals: readonly HealthSignal[] = [
      { kind: "failed" },
      { kind: "throttled", askedWaitMs: undefined },
      { kind: "refused" },
      { kind: "unavailable" },
      { kind: "answered" },
    ];
    let planned = 0;
    for (let round = 0; round < 350; round++) {
      const models = ["a", "b", "c"].map(
        (name) =>
          `  ${name}: { targets: [${[...new Set([target(), target()])]}], fallback: [${target()}], select: ${random.pick(["ordered", "least-busy", "least-cost", "weighted"])} }`,
      );
      const routes = ["x", "y"].map(
        (workflow) => `  - { when: { workflow: ${workflow} }, use: ${random.pick(["a", "b", "c"])} }`,
      );
      const only = random.pick([
        "region: eu",
        "region: us",
        "private: true",
        "private: false",
        "backend: [eu, us2]",
      ]);
      const text = `${head}models:\n${models.join("\n")}\nroutes:\n${routes.join("\n")}\nbounds:\n  - { when: { data: eu }, only: { region: eu } }\n  - { when: { sensitivity: restricted }, only: { ${only} } }\n`;
      let snapshot: ReturnType<typeof snapshotOf>;
      try {
        snapshot = snapshotOf(text);
      } catch {
        continue;
      }
      const clock = manualClock("2026-08-03T12:00:00Z");
      const exchanges = exchangesOn(snapshot, new MemoryLedger({ clock }), clock);
      for (let step = 0; step < 12; step++)
        exchanges.services.health.note(
          { backend: random.pick(backends), model: "m" },
          random.pick(signals),
          clock.monotonicMs(),
        );
      for (const data of ["eu", "any"])
        for (const workflow of ["x", "y", "z"]) {
          const headers = {
            "x-tollgate-data": data,
            "x-tollgate-sensitivity": "restricted",
            "x-tollgate-workflow": workflow,
          };
          const { exchange } = await exchanges.ask(chat(random.pick(["a", "b", "c"])), undefined, headers);
          for (const { target } of exchange.forwarded?.plan.targets ?? []) {
            planned += 1;
            assert.ok(
              isWithin(target, data === "eu" ? ["region: eu", only] : [only]),
              `${formatTarget(target)}: ${text}`,
            );
          }
        }
    }
    assert.ok(planned > 300, `${planned} targets were planned`);
  });
});

function isWithin({ backend }: Target, bounds: readonly string[]): boolean {
  return bounds.every((bound) => {
    if (bound.startsWith("region")) return backend.startsWith(bound.slice(-2));
    if (bound.startsWith("private")) return bound.endsWith("true") === ["eu2", "us2"].includes(backend);
    return ["eu", "us2"].includes(backend);
  });
}

describe("a route", () => {
  const config = `${head}
models:
  chat: { targets: [us/gpt-4o] }
  small: { targets: [us/text-embedding-3-small] }
  same: { targets: [eu/text-embedding-3-small] }
  large: { targets: [eu/text-embedding-3-large] }
routes:
  - { when: { workflow: summarize }, use: chat }
  - { when: { workflow: near }, use: same }
  - { when: { workflow: far }, use: large }
`;
  const embed = (model: string, workflow: string) =>
    planOf(config, { model, input: "hi there" }, { "x-tollgate-workflow": workflow }, "/v1/embeddings");

  it("for chats leaves embeddings with the model they named", async () =>
    assert.deepEqual(await embed("small", "summarize"), ["us/text-embedding-3-small"]));

  it("never answers in other vectors", async () => {
    assert.deepEqual(await embed("small", "far"), ["us/text-embedding-3-small"]);
    assert.deepEqual(await embed("small", "near"), ["eu/text-embedding-3-small"]);
  });

  it("decides for who names no model", async () =>
    assert.deepEqual(await embed("auto", "far"), ["eu/text-embedding-3-large"]));
});
