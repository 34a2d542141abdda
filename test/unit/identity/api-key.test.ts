import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { describe, it } from "node:test";
import { parse } from "yaml";
import { apiKey } from "../../../src/identity/api-key.ts";
import type { Identity, Recognition } from "../../../src/identity/identity.ts";
import type { IdentityInputs } from "../../../src/identity/identity-kind.ts";
import { newKey } from "../../../src/identity/new-key.ts";
import { kindContext } from "../../support/core/kind-context.ts";

const noon = Date.parse("2027-06-30T12:00:00Z");

describe("apiKey", () => {
  it("recognises a key by its digest and brings everything its entry says", () => {
    const { identity } = compile([
      {
        name: "acme-helpdesk",
        sha256: digest("secret"),
        tenant_id: "acme",
        user_id: "bot",
        team: "support",
        app: "helpdesk",
        roles: ["engineer"],
        environment: "prod",
      },
    ]);
    const recognised = identify(identity, "secret");
    assert.equal(recognised.kind, "principal");
    assert.deepEqual(recognised.kind === "principal" && recognised.principal, {
      tenantId: "acme",
      userId: "bot",
      team: "support",
      app: "helpdesk",
      roles: ["engineer"],
      keyName: "acme-helpdesk",
      fields: new Map([["environment", "prod"]]),
    });
  });

  it("leaves other credentials, none, and endless ones to the next in the list", () => {
    const { identity } = compile([{ name: "a", sha256: digest("secret"), tenant_id: "acme" }]);
    for (const credential of ["secret2", undefined, "", "x".repeat(100_000)])
      assert.deepEqual(identify(identity, credential), { kind: "unrecognised" });
  });

  it("takes digests in either case", () => {
    const { identity } = compile([{ name: "a", sha256: digest("secret").toUpperCase(), tenant_id: "acme" }]);
    assert.equal(identify(identity, "secret").kind, "principal");
  });

  it("keeps a key good to the last moment of its day in UTC, and no longer", () => {
    const { identity } = compile([
      { name: "a", sha256: digest("secret"), tenant_id: "acme", expires: "2027-06-30" },
    ]);
    assert.equal(identify(identity, "secret", Date.parse("2027-06-30T23:59:59.999Z")).kind, "principal");
    assert.equal(identify(identity, "secret", Date.parse("2027-07-01T00:00:00Z")).kind, "rejected");
  });

  it("keeps a key good up to its minute", () => {
    const { identity } = compile([
      { name: "a", sha256: digest("secret"), tenant_id: "acme", expires: "2027-06-30T14:00:00+02:00" },
    ]);
    assert.equal(identify(identity, "secret", noon - 1).kind, "principal");
    assert.equal(identify(identity, "secret", noon).kind, "rejected");
  });

  it("refuses dates that do not exist", () => {
    for (const expires of ["2027-02-31", "2027-13-01", "tomorrow", "2027-06-30T25:00:00Z", "30.6.2027"])
      assert.throws(() => compile([{ name: "a", sha256: digest("k"), tenant_id: "acme", expires }]));
  });

  it("notes the same key twice, and two keys of one name", () => {
    const { problems } = compile([
      { name: "a", sha256: digest("k"), tenant_id: "acme" },
      { name: "a", sha256: digest("k").toUpperCase(), tenant_id: "acme" },
    ]);
    assert.deepEqual(
      problems.map(([path]) => path),
      ["keys.1.sha256", "keys.1.name"],
    );
  });

  it("notes keys that are no field of the contract, where they are written", () => {
    const { problems } = compile([
      { name: "a", sha256: digest("k"), tenant_id: "acme", expire: "2027-06-30", environment: "prod" },
    ]);
    assert.deepEqual(problems, [["keys.0.expire", "no such field"]]);
  });
});

describe("newKey()", () => {
  it("makes an entry that recognises its key, and does not hold it", () => {
    const { key, entry } = newKey({
      name: "ci",
      tenant_id: "acme",
      roles: ["engineer"],
      expires: "2027-06-30",
    });
    assert.ok(!entry.includes(key.slice(4)));
    const { identity } = compile(parse(entry));
    assert.equal(identify(identity, key).kind, "principal");
  });

  it("never makes the same key twice", () => {
    const keys = new Set(Array.from({ length: 100 }, () => newKey({ name: "a", tenant_id: "b" }).key));
    assert.equal(keys.size, 100);
  });
});

function compile(keys: readonly Record<string, unknown>[]): {
  readonly identity: Identity;
  readonly problems: readonly (readonly [string, string])[];
} {
  const problems: [string, string][] = [];
  const identity = apiKey.create(
    { type: "api-key", file: "./keys.yaml" } as never,
    kindContext<IdentityInputs>({
      fieldProblem: (name) => (name === "environment" ? undefined : "no such field"),
      read: (_file, schema) => ({
        value: schema.parse({ keys }),
        refuse: (path, message) => problems.push([path.join("."), message]),
      }),
    }),
  );
  return { identity, problems };
}

function identify(identity: Identity, credential: string | undefined, nowMs = noon): Recognition {
  const recognition = identity.identify(credential, nowMs);
  assert.ok(!(recognition instanceof Promise), "a key is told at once");
  return recognition;
}

function digest(key: string): string {
  return createHash("sha256").update(key).digest("hex");
}
