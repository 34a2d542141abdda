import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { budget } from "../../../src/policy/budget.ts";
import type { Policy } from "../../../src/policy/policy.ts";
import { rateLimit } from "../../../src/policy/rate-limit.ts";
import { ruleChanges } from "../../../src/policy/rule-changes.ts";
import { kindContext } from "../../support/core/kind-context.ts";

function b(section: object): Policy {
  return budget.create(
    budget.schema.parse({ name: "b", usd: 10, window: "month", ...section }) as never,
    kindContext({ name: "rule" }),
  );
}

function l(section: object): Policy {
  return rateLimit.create(
    rateLimit.schema.parse({ name: "l", tokens: 10, ...section }) as never,
    kindContext({ name: "rule" }),
  );
}

describe("ruleChanges()", () => {
  const cases: readonly (readonly [
    title: string,
    before: Policy,
    after: Policy,
    kinds: readonly string[],
  ])[] = [
    ["another amount", b({}), b({ usd: 20 }), []],
    ["another time zone", b({}), b({ timezone: "Asia/Tokyo" }), ["carried"]],
    ["another reset day", b({}), b({ resetDay: 15 }), ["carried"]],
    ["a longer window", b({ window: "day" }), b({}), ["carried"]],
    ["a shorter window", b({}), b({ window: "day" }), ["anew"]],
    ["other keys", b({ per: ["tenant_id"] }), b({ per: ["tenant_id", "workflow"] }), ["anew"]],
    ["a subcap more", b({}), b({ subcaps: [{ window: "day", share: "10%" }] }), ["anew"]],
    ["another rate", l({ window: "1m" }), l({ window: "1h" }), []],
    ["a quota of days", l({ window: "day" }), l({ window: "week" }), ["carried"]],
    ["a new rule", l({ window: "day" }), b({}), []],
  ];
  for (const [title, before, after, kinds] of cases)
    it(`says what becomes of accounts with ${title}`, () => {
      assert.deepEqual(
        ruleChanges([before], [after]).map(({ kind }) => kind),
        kinds,
      );
    });

  it("says what was changed, from what to what", () => {
    const [change] = ruleChanges([b({})], [b({ window: "day", timezone: "Asia/Tokyo" })]);
    assert.deepEqual(change, {
      name: "b",
      kind: "anew",
      why: "its window was month@UTC, and is day@Asia/Tokyo",
    });
  });
});
