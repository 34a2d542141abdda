import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { headersOf } from "../../../src/core/headers.ts";
import { openai } from "../../../src/provider/openai.ts";
import { openaiCompatible } from "../../../src/provider/openai-compatible.ts";
import type { OutgoingRequest, Provider } from "../../../src/provider/provider.ts";
import type { ProviderKind } from "../../../src/provider/provider-kind.ts";
import { kindContext } from "../../support/core/kind-context.ts";

function create(kind: ProviderKind, section: Record<string, unknown>): Provider {
  return kind.create(kind.schema.parse(section) as never, kindContext());
}

function authorized(provider: Provider): [string, string][] {
  const outgoing: OutgoingRequest = {
    method: "POST",
    path: "/",
    host: "h",
    headers: [],
    body: Buffer.alloc(0),
    nowMs: 0,
  };
  void provider.authorize(outgoing);
  return outgoing.headers;
}

describe("provider openai", () => {
  it("needs nothing but a key", () => {
    const provider = create(openai, { apiKey: "sk-1" });
    assert.equal(provider.endpoint.href, "https://api.openai.com/v1");
    assert.deepEqual(provider.prepare({ name: "chat" }, "gpt-4.1"), {
      path: "/chat/completions",
      headers: [],
    });
    assert.deepEqual(authorized(provider), [["authorization", "Bearer sk-1"]]);
    assert.equal(provider.outputCapField({ name: "chat" }), "max_completion_tokens");
  });

  it("sends organisation and project when it has them", () => {
    const provider = create(openai, { apiKey: "sk-1", organization: "org", project: "p" });
    assert.deepEqual(provider.prepare({ name: "chat" }, "m").headers, [
      ["openai-organization", "org"],
      ["openai-project", "p"],
    ]);
  });

  it("speaks no dialect for what it cannot do", () => {
    assert.equal(create(openai, { apiKey: "k" }).dialect({ name: "rerank" }, "m"), undefined);
  });

  for (const section of [
    {},
    { apiKey: "" },
    { apiKey: "a b" },
    { apiKey: "k", unknown: 1 },
    { apiKey: "k", endpoint: "ftp://x" },
    { apiKey: "k", endpoint: "https://x/v1?a=1" },
  ])
    it(`refuses ${JSON.stringify(section)}`, () =>
      assert.equal(openai.schema.safeParse(section).success, false));
});

describe("provider openai-compatible", () => {
  it("needs an endpoint, and a key only where the server does", () => {
    const provider = create(openaiCompatible, { endpoint: "http://vllm:8000/v1" });
    assert.equal(provider.endpoint.href, "http://vllm:8000/v1");
    assert.deepEqual(authorized(provider), []);
    assert.equal(provider.outputCapField({ name: "chat" }), "max_tokens");
    assert.equal(openaiCompatible.schema.safeParse({}).success, false);
  });
});

describe("classify() of OpenAI's errors", () => {
  const { classify } = create(openai, { apiKey: "k" });
  const cases: readonly (readonly [status: number, body: unknown, expected: string])[] = [
    [400, { error: { code: "context_length_exceeded" } }, "context_length"],
    [400, { error: { message: "This model's maximum context length is 8192 tokens" } }, "context_length"],
    [400, { error: { code: "content_filter", param: "prompt" } }, "content_policy"],
    [400, { error: { code: "unsupported_parameter" } }, "client_error"],
    [401, { error: { code: "invalid_api_key" } }, "auth_or_quota"],
    [402, {}, "auth_or_quota"],
    [403, {}, "model_unavailable"],
    [403, { error: { message: "Your authentication token is not valid here" } }, "auth_or_quota"],
    [404, { error: { code: "model_not_found" } }, "model_unavailable"],
    [404, { error: { message: "Previous response with id 'model-x' not found." } }, "client_error"],
    [408, {}, "timeout"],
    [424, {}, "overloaded"],
    [429, { error: { code: "rate_limit_exceeded" } }, "rate_limited"],
    [429, { error: { type: "insufficient_quota", code: "insufficient_quota" } }, "auth_or_quota"],
    [429, { error: { code: "429" } }, "rate_limited"],
    [500, {}, "overloaded"],
    [503, "busy", "overloaded"],
    [504, {}, "timeout"],
    [529, {}, "overloaded"],
  ];
  for (const [status, body, expected] of cases)
    it(`takes ${status} ${JSON.stringify(body)} for ${expected}`, () => {
      const bytes = Buffer.from(typeof body === "string" ? body : JSON.stringify(body));
      assert.equal(classify(status, headersOf({}), bytes), expected);
    });
});
