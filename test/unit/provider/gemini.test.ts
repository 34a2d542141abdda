import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { headersOf } from "../../../src/core/headers.ts";
import { gemini } from "../../../src/provider/gemini.ts";
import { kindContext } from "../../support/core/kind-context.ts";

const provider = gemini.create(gemini.schema.parse({ apiKey: "k" }) as never, kindContext());

describe("provider gemini", () => {
  it("puts model and action into the path, its key into Google's header", () => {
    assert.equal(provider.endpoint.href, "https://generativelanguage.googleapis.com/");
    const path = (name: string, stream = false) => provider.prepare({ name, stream }, "gemini-2.5-pro").path;
    assert.equal(path("generate"), "/v1beta/models/gemini-2.5-pro:generateContent");
    assert.equal(path("generate", true), "/v1beta/models/gemini-2.5-pro:streamGenerateContent?alt=sse");
    assert.equal(path("embed"), "/v1beta/models/gemini-2.5-pro:embedContent");
    assert.equal(path("embed_batch"), "/v1beta/models/gemini-2.5-pro:batchEmbedContents");
    const headers: [string, string][] = [];
    const request = { method: "POST", path: "/", host: "h", headers, body: Buffer.alloc(0), nowMs: 0 };
    void provider.authorize(request);
    assert.deepEqual(headers, [["x-goog-api-key", "k"]]);
  });

  it("does nothing but what Gemini's API does", () => {
    assert.equal(provider.dialect({ name: "generate" }, "m")?.name, "gemini-generate");
    for (const name of ["chat", "rerank", "toString"])
      assert.equal(provider.dialect({ name }, "m"), undefined);
  });

  it("reads how long to wait from an error's details", () => {
    const waitOf = (details: unknown) => {
      return provider.askedWaitMs?.(Buffer.from(JSON.stringify({ error: { code: 429, details } })));
    };
    const type = "type.googleapis.com/google.rpc.RetryInfo";
    assert.equal(waitOf([{ reason: "x" }, { "@type": type, retryDelay: "37s" }]), 37_000);
    assert.equal(waitOf([{ "@type": type, retryDelay: "0.25s" }]), 250);
    for (const none of [undefined, [], [null], [{ "@type": type, retryDelay: "soon" }], {}])
      assert.equal(waitOf(none), undefined);
  });

  const cases: readonly (readonly [number, string, string])[] = [
    [400, "API key not valid. Please pass a valid API key.", "auth_or_quota"],
    [400, "The input token count (1048577) exceeds the maximum number of tokens allowed", "context_length"],
    [400, "Please enable billing on your project in Google AI Studio.", "auth_or_quota"],
    [400, "Request contains an invalid argument.", "client_error"],
    [403, "The caller does not have permission", "model_unavailable"],
    [404, "models/x is not found", "model_unavailable"],
    [429, "Resource has been exhausted (e.g. check quota).", "rate_limited"],
    [429, "You exceeded your current quota, please check your plan and billing details.", "auth_or_quota"],
    [500, "An internal error has occurred.", "overloaded"],
    [503, "The model is overloaded.", "overloaded"],
    [504, "Deadline expired before operation could complete.", "timeout"],
  ];
  for (const [status, message, expected] of cases)
    it(`takes ${status} "${message}" for ${expected}`, () => {
      const body = Buffer.from(JSON.stringify({ error: { code: status, message, status: "X" } }));
      assert.equal(provider.classify(status, headersOf({}), body), expected);
    });
});
