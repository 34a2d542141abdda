import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { headersOf } from "../../../src/core/headers.ts";
import { anthropic } from "../../../src/provider/anthropic.ts";
import { kindContext } from "../../support/core/kind-context.ts";

const provider = anthropic.create(anthropic.schema.parse({ apiKey: "sk-ant" }) as never, kindContext());

describe("provider anthropic", () => {
  it("goes where its SDK goes, with its key", () => {
    assert.equal(provider.endpoint.href, "https://api.anthropic.com/");
    assert.equal(provider.prepare({ name: "messages" }, "m").path, "/v1/messages");
    assert.equal(provider.dialect({ name: "chat" }, "m"), undefined);
    const headers: [string, string][] = [];
    void provider.authorize({
      method: "POST",
      path: "/",
      host: "h",
      headers,
      body: Buffer.alloc(0),
      nowMs: 0,
    });
    assert.deepEqual(headers, [["x-api-key", "sk-ant"]]);
  });

  const cases: readonly (readonly [number, string, string])[] = [
    [400, "prompt is too long: 300000 tokens > 200000 maximum", "context_length"],
    [400, "input length and `max_tokens` exceed context limit: 1 + 2 > 2", "context_length"],
    [400, "Your credit balance is too low", "auth_or_quota"],
    [400, "max_tokens: required", "client_error"],
    [401, "invalid x-api-key", "auth_or_quota"],
    [404, "model: x", "model_unavailable"],
    [413, "too large", "client_error"],
    [429, "This request would exceed the rate limit", "rate_limited"],
    [429, "enforced_spend_limit_reached", "auth_or_quota"],
    [500, "Internal server error", "overloaded"],
    [504, "timeout", "timeout"],
    [529, "Overloaded", "overloaded"],
  ];
  for (const [status, message, expected] of cases)
    it(`takes ${status} "${message}" for ${expected}`, () => {
      const body = Buffer.from(JSON.stringify({ type: "error", error: { type: "x", message } }));
      assert.equal(provider.classify(status, headersOf({}), body), expected);
    });
});
