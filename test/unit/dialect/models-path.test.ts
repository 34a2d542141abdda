import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { matchModels } from "../../../src/dialect/models-path.ts";

describe("matchModels()", () => {
  const match = (path: string, method = "GET") => matchModels("/v1/models", method, path);

  it("takes the list, and any one by its name, slashes escaped or not", () => {
    assert.deepEqual(match("/v1/models?limit=3"), { name: "models", local: "models" });
    for (const path of ["/v1/models/openai/gpt-4o", "/v1/models/openai%2Fgpt-4o?beta=true"])
      assert.deepEqual(match(path), { name: "model", local: "models", model: "openai/gpt-4o" });
  });

  it("takes nothing else", () => {
    for (const path of ["/v1/models/", "/v1/modelsx", "/v1/models/%", `/v1/models/${"x".repeat(257)}`, "/v1"])
      assert.equal(match(path), undefined, path);
    assert.equal(match("/v1/models/gpt", "DELETE"), undefined);
  });
});
