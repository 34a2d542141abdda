import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Claim } from "../../../src/ledger/ledger.ts";
import type { Admission } from "../../../src/policy/admission.ts";
import { policyKinds } from "../../../src/policy/index.ts";
import type { Policy } from "../../../src/policy/policy.ts";
import { kindContext } from "../../support/core/kind-context.ts";
import { admission } from "../../support/exchange/admission.ts";

const hold = { costNanoUsd: 5_000n, inputTokens: 300, outputTokens: 100 };

describe("a limit or budget", () => {
  it("claims requests, tokens of each class, slots and money as the plan holds them", () => {
    const claims = [
      policyOf("limits", { name: "r", requests: 60, window: "1m" }),
      policyOf("limits", { name: "t", tokens: 4_000, inputTokens: 3_000, outputTokens: 1_000, window: "1m" }),
      policyOf("limits", { name: "c", concurrent: 8 }),
      policyOf("budgets", { name: "b", usd: 1000, window: "month", timezone: "Europe/Berlin" }),
    ].flatMap((policy) => claimsOf(policy, admission({}, { hold })));
    assert.deepEqual(
      claims.map(({ account, amount }) => [account.id, amount, account.limit]),
      [
        ["r||60000ms|requests", 1n, 60n],
        ["t||60000ms|tokens", 400n, 4_000n],
        ["t||60000ms|input_tokens", 300n, 3_000n],
        ["t||60000ms|output_tokens", 100n, 1_000n],
        ["c||open|slots", 1n, 8n],
        ["b||month@Europe/Berlin|nano_usd", 5_000n, 1_000_000_000_000n],
      ],
    );
  });

  it("keeps an account for each combination of values, and one for those without", () => {
    const policy = policyOf("budgets", { name: "b", per: ["tenant_id", "team"], usd: "0.5", window: "day" });
    const keys = [{ tenant_id: "acme", team: "red" }, { tenant_id: "acme" }].flatMap((fields) =>
      claimsOf(policy, admission(fields)).map(({ account }) => account.key),
    );
    assert.deepEqual(keys, ["tenant_id=acme,team=red", "tenant_id=acme,team=(none)"]);
  });

  it("keeps users of the same name in two tenants apart", () => {
    const policy = policyOf("limits", { name: "parallel", per: ["user_id"], concurrent: 8 });
    const keys = ["acme", "globex"].map(
      (tenant) => claimsOf(policy, admission({ tenant_id: tenant, user_id: "ci" }))[0]?.account.key,
    );
    assert.deepEqual(keys, ["tenant_id=acme,user_id=ci", "tenant_id=globex,user_id=ci"]);
  });

  it("changes only the limit where an override matches: the account stays the same", () => {
    const policy = policyOf("limits", {
      name: "parallel",
      per: ["user_id"],
      concurrent: 8,
      overrides: [{ match: { user_id: ["ci", "cd"] }, concurrent: 32 }],
    });
    const limits = ["ci", "cd", "ann"].map(
      (user) => claimsOf(policy, admission({ user_id: user }))[0]?.account.limit,
    );
    assert.deepEqual(limits, [32n, 32n, 8n]);
  });

  it("applies only when its condition holds", () => {
    const policy = policyOf("limits", {
      name: "r",
      requests: 1,
      window: "1m",
      when: { budget_class: "low", roles: ["engineer"] },
    });
    assert.equal(claimsOf(policy, admission({ budget_class: "low" })).length, 1);
    assert.equal(claimsOf(policy, admission({ budget_class: "premium" })).length, 0);
    assert.equal(claimsOf(policy, admission({})).length, 0);
  });

  it("claims for every backend the plan may use, each at the dearest it can cost there", () => {
    const policy = policyOf("budgets", { name: "b", per: ["backend"], usd: 10, window: "30d" });
    const target = (backend: string, costMaxNanoUsd: bigint) => ({
      target: { backend, model: "m" },
      inputTokens: 1,
      inputTokensMax: 1,
      rate: { input: 1n, output: 1n, tiers: [], version: "test" },
      costMaxNanoUsd,
    });
    const targets = [target("a", 5n), target("b", 9n), target("a", 7n)];
    assert.deepEqual(
      claimsOf(policy, admission({}, { targets, hold })).map(({ account, amount }) => [
        account.key,
        account.backend,
        amount,
      ]),
      [
        ["backend=a", "a", 7n],
        ["backend=b", "b", 9n],
      ],
    );
  });

  it("only counts in observe mode", () => {
    const policy = policyOf("limits", { name: "r", requests: 60, window: "1m", mode: "observe" });
    assert.equal(claimsOf(policy, admission({}))[0]?.observe, true);
  });

  it("claims a share of the budget in a shorter window too", () => {
    const policy = policyOf("budgets", {
      name: "b",
      usd: 1000,
      window: "month",
      overrides: [{ match: { tenant_id: "acme" }, usd: 5000 }],
      per: ["tenant_id"],
      subcaps: [{ window: "day", share: "10%" }],
      alerts: ["100%", "50%", "50%"],
    });
    assert.deepEqual(
      claimsOf(policy, admission({ tenant_id: "acme" }, { hold })).map(({ account }) => [
        account.id,
        account.limit,
        account.alerts,
      ]),
      [
        ["b|tenant_id=acme|month@UTC|nano_usd", 5_000_000_000_000n, [50, 100]],
        ["b|tenant_id=acme|day@UTC|nano_usd", 500_000_000_000n, undefined],
      ],
    );
  });

  it("takes a length of up to an hour for a rate, and a longer one for a quota that rolls", () => {
    const kinds = ["1m", "1h", "2h", "30d", "hour", "month"].map((window) => {
      const policy = policyOf("limits", { name: "r", requests: 1, window });
      return claimsOf(policy, admission({}))[0]?.account.window.kind;
    });
    assert.deepEqual(kinds, ["bucket", "bucket", "rolling", "rolling", "calendar", "calendar"]);
  });

  it("reads the ladder in order", () => {
    const exceeded = [{ use: "fast" }, { clamp: { atLeast: 200 } }, "reject"];
    assert.deepEqual(policyOf("budgets", { name: "b", usd: 1, window: "day", exceeded }).exceeded, [
      { kind: "use", model: "fast" },
      { kind: "clamp", atLeast: 200 },
      { kind: "reject" },
    ]);
  });
});

describe("a budget's steps", () => {
  it("are read in order, with the share at which each begins", () => {
    const degrade = [
      { at: "80%", use: "fast" },
      { at: "90%", clamp: { atLeast: 200 } },
    ];
    const policy = policyOf("budgets", { name: "b", usd: 1, window: "day", degrade });
    assert.deepEqual(policy.degrade, [
      { atPercent: 80, to: { kind: "use", model: "fast" } },
      { atPercent: 90, to: { kind: "clamp", atLeast: 200 } },
    ]);
    assert.equal(policy.exceeded, undefined);
  });
});

const minute = { name: "r", requests: 1, window: "1m" };
const parallel = { name: "c", concurrent: 1 };
const daily = { name: "b", usd: 1, window: "day" };
/** Entries that are wrong: the list they are in, the entry, where it is wrong, and a word of why. */
const mistakes: readonly (readonly ["limits" | "budgets", object, string, RegExp])[] = [
  ["limits", { name: "r", window: "1m" }, "", /must limit one of/],
  ["limits", { ...minute, requests: 0 }, "requests", /1/],
  ["limits", { ...minute, requests: 1.5 }, "requests", /int/],
  ["limits", { name: "r", requests: 1 }, "window", /./],
  ["limits", { ...minute, window: "fortnight" }, "window", /month/],
  ["limits", { ...minute, timezone: "UTC" }, "timezone", /means something only/],
  ["budgets", { ...daily, resetDay: 15 }, "resetDay", /only with window month/],
  ["budgets", { ...daily, window: "month", resetDay: 31 }, "resetDay", /28/],
  ["budgets", { ...daily, window: "month", resetDay: "monday" }, "resetDay", /only with window week/],
  ["budgets", { ...daily, window: "30d", resetHour: 6 }, "resetHour", /only with window day/],
  ["budgets", { ...daily, resetHour: 24 }, "resetHour", /./],
  ["limits", { ...minute, name: "r|x" }, "name", /letters/],
  ["limits", { ...minute, usd: 1 }, "", /usd/],
  [
    "limits",
    { ...minute, per: ["user_id"], overrides: [{ match: { user_id: "a" }, tokens: 5 }] },
    "overrides.0.tokens",
    /overrides nothing/,
  ],
  ["limits", { ...parallel, concurrent: 0 }, "concurrent", /1/],
  ["limits", { ...parallel, per: ["user_id", "user_id"] }, "per.1", /twice/],
  ["budgets", { ...daily, usd: 0 }, "usd", /more than 0/],
  ["budgets", { ...daily, usd: "1.0000000001" }, "usd", /9 decimals/],
  ["budgets", { ...daily, timezone: "Mars/Olympus" }, "timezone", /IANA/],
  ["budgets", { ...daily, alerts: ["120%"] }, "alerts.0", /1% to 100%/],
  ["budgets", { ...daily, subcaps: [{ window: "week", share: "5%" }] }, "subcaps.0.window", /shorter/],
  ["budgets", { ...daily, exceeded: ["reject", { use: "m" }] }, "exceeded.1", /never be tried/],
  ["budgets", { ...daily, exceeded: [{ queue: "nightly" }] }, "exceeded.0", /queue: not available/],
  ["budgets", { ...daily, mode: "observe", exceeded: ["reject"] }, "exceeded", /never refuses/],
  ["budgets", { ...daily, mode: "observe", degrade: [{ at: "80%", use: "m" }] }, "degrade", /never refuses/],
  ["budgets", { ...daily, overrun: "stop" }, "overrun", /cut.*finish/],
  ["budgets", { ...daily, mode: "observe", overrun: "finish" }, "overrun", /never refuses/],
  ["limits", { ...minute, overrun: "finish" }, "overrun", /count of requests/],
  ["limits", { ...parallel, overrun: "finish" }, "", /overrun/],
  ["budgets", { ...daily, degrade: [{ use: "m" }] }, "degrade.0.at", /share/],
  ["budgets", { ...daily, degrade: [{ at: "100%", use: "m" }] }, "degrade.0.at", /1% to 99%/],
  ["budgets", { ...daily, degrade: [{ at: 80, use: "m" }] }, "degrade.0.at", /share, e.g. 80%/],
  ["budgets", { ...daily, degrade: [{ at: "80%" }] }, "degrade.0", /either `use: MODEL` or/],
  [
    "budgets",
    { ...daily, degrade: [{ at: "80%", use: "m", clamp: { atLeast: 5 } }] },
    "degrade.0",
    /either `use: MODEL` or/,
  ],
  [
    "budgets",
    {
      ...daily,
      degrade: [
        { at: "80%", use: "m" },
        { at: "80%", clamp: { atLeast: 5 } },
      ],
    },
    "degrade.1.at",
    /above the 80%/,
  ],
  [
    "budgets",
    {
      ...daily,
      degrade: [
        { at: "70%", use: "m" },
        { at: "80%", clamp: { atLeast: 5 } },
        { at: "90%", use: "m" },
      ],
    },
    "degrade.2.use",
    /in use already/,
  ],
  [
    "budgets",
    { ...daily, when: { model: "m" }, degrade: [{ at: "70%", use: "m" }] },
    "degrade.0.use",
    /in use already/,
  ],
];

describe("the schema of a limit or budget", () => {
  for (const [section, entry, path, why] of mistakes)
    it(`refuses ${JSON.stringify(entry)}`, () => {
      const issues = kindOf(section, entry).schema.safeParse(entry).error?.issues ?? [];
      assert.deepEqual(
        issues.map((issue) => issue.path.join(".")),
        [path],
      );
      assert.match(issues[0]?.message ?? "", why);
    });

  it("says what an entry refers to, and where", () => {
    const entry = {
      ...daily,
      per: ["tenant_id", "backend"],
      when: { workflow: "a", roles: "b" },
      overrides: [{ match: { tenant_id: "acme" }, usd: 2 }],
    };
    const kind = kindOf("budgets", entry);
    const references = kind.references(kind.schema.parse(entry) as never);
    assert.deepEqual(
      references.map(({ kind: what, path }) => [what, path]),
      [
        ["account-field", ["per", 0]],
        ["account-field", ["per", 1]],
        ["condition", ["when"]],
        ["account-match", ["overrides", 0, "match"]],
      ],
    );
  });
});

function kindOf(section: "limits" | "budgets", entry: object) {
  const kind = policyKinds.find(
    (candidate) => candidate.section === section && candidate.recognises(entry as Record<string, unknown>),
  );
  assert.ok(kind !== undefined);
  return kind;
}

function policyOf(section: "limits" | "budgets", entry: object): Policy {
  const kind = kindOf(section, entry);
  return kind.create(kind.schema.parse(entry) as never, kindContext({ name: `${section}[0]` }));
}

function claimsOf(policy: Policy, of: Admission): readonly Claim[] {
  const judgement = policy.judge?.(of);
  assert.equal(judgement?.kind, "allow");
  return judgement?.kind === "allow" ? judgement.claims : [];
}
