import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { accountFields, accountKey, readAccountKey } from "../../../src/policy/account-key.ts";

describe("readAccountKey()", () => {
  it("reads back every value that a key was written from", () => {
    const values = fc.record({
      tenant_id: fc.string({ unit: "binary" }),
      user_id: fc.option(fc.string({ unit: "binary" }), { nil: undefined }),
      workflow: fc.option(fc.string(), { nil: undefined }),
    });
    fc.assert(
      fc.property(values, (fields) => {
        const per = accountFields(["user_id", "workflow"]);
        const key = accountKey(per, (name) => fields[name as keyof typeof fields], { keyName: "ci" });
        const read = readAccountKey(per, key);
        for (const name of per) assert.equal(read?.get(name), fields[name as keyof typeof fields]);
      }),
    );
  });

  for (const key of ["", "tenant_id", "workflow=x", "tenant_id=a,workflow=b", "tenant_id=a,tenant_id=b"])
    it(`knows no account of tenants by "${key}"`, () =>
      assert.equal(readAccountKey(["tenant_id"], key), undefined));
});
