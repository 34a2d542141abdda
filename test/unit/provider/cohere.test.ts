import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { headersOf } from "../../../src/core/headers.ts";
import { cohere } from "../../../src/provider/cohere.ts";
import { kindContext } from "../../support/core/kind-context.ts";

const provider = cohere.create(cohere.schema.parse({ apiKey: "k" }) as never, kindContext());

describe("provider cohere", () => {
  it("reranks and embeds by the version that the client asked for, with its key as bearer", () => {
    assert.equal(provider.endpoint.href, "https://api.cohere.com/");
    assert.equal(provider.prepare({ name: "rerank" }, "m").path, "/v2/rerank");
    assert.equal(provider.prepare({ name: "embed_v2" }, "m").path, "/v2/embed");
    assert.equal(provider.prepare({ name: "rerank_v1" }, "m").path, "/v1/rerank");
    assert.equal(provider.dialect({ name: "chat" }, "m"), undefined);
    const headers: [string, string][] = [];
    const request = { method: "POST", path: "/", host: "h", headers, body: Buffer.alloc(0), nowMs: 0 };
    void provider.authorize(request);
    assert.deepEqual(headers, [["authorization", "Bearer k"]]);
  });

  const cases: readonly (readonly [number, string, string])[] = [
    [400, "invalid request: query is required", "client_error"],
    [400, "too many tokens: the request is too long", "context_length"],
    [401, "invalid api token", "auth_or_quota"],
    [429, "too many requests", "rate_limited"],
    [429, "You are using a Trial key, which is limited to 1000 API calls / month", "auth_or_quota"],
    [498, "invalid token", "auth_or_quota"],
    [503, "unavailable", "overloaded"],
    [504, "timeout", "timeout"],
  ];
  for (const [status, message, expected] of cases)
    it(`takes ${status} "${message}" for ${expected}`, () => {
      const body = Buffer.from(JSON.stringify({ message }));
      assert.equal(provider.classify(status, headersOf({}), body), expected);
    });
});
