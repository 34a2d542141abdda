import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { fallbackOf, reasonOfEjection } from "../../../src/exchange/state/fallback.ts";
import { MemoryLedger } from "../../../src/ledger/memory.ts";
import { formatTarget } from "../../../src/plan/plan.ts";
import { manualClock } from "../../support/core/manual-clock.ts";
import { beginAnswer, exchangesOn, snapshotOf } from "../../support/exchange/exchanges.ts";

const config = `
version: 1
backends:
  a: { provider: openai-compatible, endpoint: "http://127.0.0.1:9900/v1", price: { input: 1, output: 2 } }
  b: { provider: openai-compatible, endpoint: "http://127.0.0.1:9901/v1", price: { input: 1, output: 2 } }
models:
  both: { targets: [a/m, b/m] }
identity: [{ type: anonymous, tenant_id: local }]
`;

type Kept = Parameters<typeof fallbackOf>[0];

describe("the reason of a fallback", () => {
  const clock = manualClock("2026-08-03T12:00:00Z");
  const asked = async (prepare: (exchanges: ReturnType<typeof exchangesOn>) => void) => {
    const exchanges = exchangesOn(snapshotOf(config), new MemoryLedger({ clock }), clock);
    prepare(exchanges);
    const { exchange } = await exchanges.ask({ model: "both", messages: [{ role: "user", content: "hi" }] });
    beginAnswer(exchange, "application/json");
    assert.ok(exchange.forwarded !== undefined);
    return exchange.forwarded;
  };

  it("is absent where the first choice answers", async () =>
    assert.equal(fallbackOf(await asked(() => {})), undefined));

  it("is throttle where the first choice is ejected because it throttles", async () =>
    assert.equal(
      fallbackOf(
        await asked(({ services }) =>
          services.health.note(
            { backend: "a", model: "m" },
            { kind: "throttled", askedWaitMs: 5_000 },
            clock.monotonicMs(),
          ),
        ),
      ),
      "throttle",
    ));

  it("is provider where the first choice is ejected for another reason", async () =>
    assert.equal(
      fallbackOf(
        await asked(({ services }) =>
          services.health.note({ backend: "a", model: "m" }, { kind: "refused" }, clock.monotonicMs()),
        ),
      ),
      "provider",
    ));

  it("is policy where an operator stopped the first choice", async () => {
    const override = {
      id: "1",
      action: "stop" as const,
      scope: { backend: "a" },
      reason: "",
      by: "",
      sinceMs: 0,
      untilMs: undefined,
    };
    const stopped = await asked(({ services }) => services.overrides.replace([override]));
    assert.equal(fallbackOf(stopped), "policy");
  });

  it("is absent where everyone is ejected and the first choice is tried all the same", async () =>
    assert.equal(
      fallbackOf(
        await asked(({ services }) => {
          for (const backend of ["a", "b"])
            services.health.note(
              { backend, model: "m" },
              { kind: "throttled", askedWaitMs: backend === "a" ? 1_000 : 5_000 },
              clock.monotonicMs(),
            );
        }),
      ),
      undefined,
    ));

  for (const [failure, reason] of [
    ["timeout", "timeout"],
    ["quality", "quality"],
    ["rate_limited", "throttle"],
    ["overloaded", "provider"],
    ["auth_or_quota", "provider"],
  ] as const)
    it(`is ${reason} where the first target failed with ${failure}`, async () => {
      const { attempts, plan } = await asked(() => {});
      assert.equal(attempts.length, 1);
      const [first, second] = plan.targets;
      assert.ok(first !== undefined && second !== undefined);
      const failed = {
        name: formatTarget(first.target),
        outcome: { kind: "failed", class: failure },
      } as Kept["attempts"][number];
      const name = formatTarget(second.target);
      const other = { name, outcome: { kind: "answered" } } as unknown as Kept["attempts"][number];
      const kept = { degradedBy: undefined, admitted: { passedOver: undefined }, attempts: [failed, other] };
      assert.equal(fallbackOf({ ...kept, answeredBy: other }), reason);
      assert.equal(fallbackOf({ ...kept, answeredBy: undefined }), undefined, "nobody answered");
      const outcome = { kind: "failed", class: failure, status: 500 };
      const refused = { name, outcome } as unknown as Kept["attempts"][number];
      assert.equal(fallbackOf({ ...kept, answeredBy: refused }), undefined, "all failed");
      assert.equal(
        fallbackOf({ ...kept, attempts: [failed, failed], answeredBy: failed }),
        undefined,
        "asked again",
      );
      assert.equal(fallbackOf({ ...kept, degradedBy: "day", answeredBy: other }), "budget");
    });

  it("names an ejection by its cause", () => {
    assert.equal(reasonOfEjection("throttled"), "throttle");
    for (const why of ["errors", "refused", "unavailable"] as const)
      assert.equal(reasonOfEjection(why), "provider");
  });
});
