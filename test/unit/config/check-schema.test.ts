import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { checkSchema } from "../../../src/config/check-schema.ts";
import { sections } from "../../../src/config/schema.ts";
import { identityKinds } from "../../../src/identity/index.ts";
import { providerKinds } from "../../../src/provider/index.ts";

describe("checkSchema()", () => {
  const schema = checkSchema();
  const text = JSON.stringify(schema);

  it("is a JSON Schema that allows the file's sections and no others", () => {
    assert.equal(schema.$schema, "https://json-schema.org/draft/2020-12/schema");
    assert.equal(schema.additionalProperties, false);
    assert.deepEqual(schema.required, ["version", "backends", "models", "identity"]);
  });

  it("has every section that the loader takes", () => {
    const { properties } = schema as { readonly properties: object };
    for (const name of Object.keys(sections)) assert.ok(name in properties, name);
    for (const name of ["routes", "access", "caps", "limits", "budgets"]) assert.ok(name in properties, name);
  });

  it("knows every provider and every kind of identity", () => {
    for (const { type } of [...providerKinds, ...identityKinds])
      assert.ok(text.includes(`"const":"${type}"`), type);
  });

  it("has every section, and says what the keys of a model's deadlines mean", () => {
    const sections = Object.keys(schema.properties as object);
    for (const name of ["routes", "access", "caps", "limits", "budgets", "alerts", "usage"])
      assert.ok(sections.includes(name), name);
    for (const words of ["To a usable connection", "To the first content", "Retry-After"])
      assert.ok(text.toLowerCase().includes(words.toLowerCase()), words);
  });

  it("says what counts where nothing is written", () => {
    for (const value of ["127.0.0.1:8080", "32MiB", "10m", "./var/ledger"])
      assert.ok(text.includes(`"default":"${value}"`), value);
  });
});
