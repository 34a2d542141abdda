import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { accountFields, accountKey } from "../../../src/policy/account-key.ts";

const keyOf = (values: Readonly<Record<string, string | undefined>>, keyName?: string) =>
  accountKey(Object.keys(values), (name) => values[name], { keyName });

describe("accountKey()", () => {
  it("writes fields in the rule's order", () =>
    assert.equal(keyOf({ tenant_id: "acme", workflow: "a b" }), "tenant_id=acme,workflow=a b"));

  it("is empty for a rule that is kept for all together", () => assert.equal(keyOf({}), ""));

  it("gives a missing value a key of its own, which no value can be written as", () => {
    assert.equal(keyOf({ team: undefined }), "team=(none)");
    assert.notEqual(keyOf({ team: "(none)" }), keyOf({ team: undefined }));
    assert.notEqual(keyOf({ team: "" }), keyOf({ team: undefined }));
  });

  it("gives a credential without a user its key's account, which no user can be named like", () => {
    assert.equal(keyOf({ user_id: undefined }, "app"), "user_id=(key app)");
    assert.notEqual(keyOf({ user_id: "(key app)" }, "app"), keyOf({ user_id: undefined }, "app"));
    assert.notEqual(keyOf({ user_id: undefined }, "app"), keyOf({ user_id: undefined }, "other"));
    assert.equal(keyOf({ user_id: undefined }), "user_id=(none)");
  });

  it("keeps users and keys apart by tenant", () => {
    assert.deepEqual(accountFields(["key"]), ["tenant_id", "key"]);
    assert.deepEqual(accountFields(["user_id"]), ["tenant_id", "user_id"]);
    assert.deepEqual(accountFields(["team"]), ["team"]);
  });

  it("never gives two lists of values the same key", () => {
    const character = fc.constantFrom("a", ",", "=", "b", "%", "2", "c", "(", "|");
    const text = fc.option(fc.string({ unit: character, maxLength: 6 }), { nil: undefined });
    fc.assert(
      fc.property(fc.tuple(text, text), fc.tuple(text, text), ([a1, b1], [a2, b2]) => {
        if (a1 === a2 && b1 === b2) return;
        assert.notEqual(keyOf({ a: a1, b: b1 }), keyOf({ a: a2, b: b2 }));
      }),
      { numRuns: 2_000 },
    );
  });
});

describe("accountFields()", () => {
  it("keeps accounts by user within the user's tenant", () => {
    assert.deepEqual(accountFields(["user_id", "model"]), ["tenant_id", "user_id", "model"]);
    assert.deepEqual(accountFields(["user_id", "tenant_id"]), ["user_id", "tenant_id"]);
    assert.deepEqual(accountFields(["team"]), ["team"]);
  });
});
