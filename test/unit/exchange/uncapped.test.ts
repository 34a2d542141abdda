import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { MemoryLedger } from "../../../src/ledger/memory.ts";
import { manualClock } from "../../support/core/manual-clock.ts";
import { exchangesOn, snapshotOf } from "../../support/exchange/exchanges.ts";

const config = (rules: string) => `
version: 1
backends:
  a: { provider: openai-compatible, endpoint: "http://127.0.0.1:9900/v1", price: { input: 1, output: 10 } }
models:
  plain: { targets: [a/gpt-4.1-mini] }
  thinker: { targets: [a/gpt-5-mini] }
identity: [{ type: anonymous, tenant_id: local }]
${rules}
`;

/** The cap that a request's answer gets, or the code of its refusal. */
async function capOf(
  rules: string,
  body: object = {},
  model = "plain",
): Promise<number | string | undefined> {
  const clock = manualClock("2026-08-03T12:00:00Z");
  const exchanges = exchangesOn(snapshotOf(config(rules)), new MemoryLedger({ clock }), clock);
  const { exchange } = await exchanges.ask({
    model,
    messages: [{ role: "user", content: "hi there" }],
    ...body,
  });
  return exchange.ending === undefined ? exchange.forwarded?.plan.outputCap : exchange.errorCode;
}

describe("a request without a cap", () => {
  it("gets the usual one", async () => assert.equal(await capOf(""), 8_192));

  it("gets room for reasoning from a model that reasons unasked", async () =>
    assert.equal(await capOf("", {}, "thinker"), 32_768));

  for (const [what, rule] of [
    ["a limit on tokens", "limits: [{ name: tpm, tokens: 4000, window: 1m }]"],
    ["a limit on output tokens", "limits: [{ name: tpm, outputTokens: 4000, window: 1m }]"],
    ["a budget", "budgets: [{ name: small, usd: 0.04, window: day }]"],
  ] as const)
    it(`is not refused by ${what} that is smaller than the usual cap`, async () => {
      const cap = await capOf(rule);
      assert.ok(typeof cap === "number" && cap > 3_900 && cap <= 4_000, `cap ${cap}`);
    });

  it("is refused where not even a short answer fits", async () =>
    assert.equal(await capOf("limits: [{ name: tpm, tokens: 20, window: 1m }]"), "insufficient_quota"));

  it("is not shortened for a rule that only observes", async () =>
    assert.equal(await capOf("limits: [{ name: tpm, tokens: 4000, window: 1m, mode: observe }]"), 8_192));
});

describe("a request with a cap", () => {
  it("is refused where its cap can never fit", async () =>
    assert.equal(
      await capOf("limits: [{ name: tpm, tokens: 4000, window: 1m }]", { max_tokens: 5_000 }),
      "insufficient_quota",
    ));

  it("of a policy's is held to it", async () =>
    assert.equal(
      await capOf("caps: [{ outputTokens: 6000 }]\nlimits: [{ name: tpm, tokens: 4000, window: 1m }]"),
      "insufficient_quota",
    ));
});
