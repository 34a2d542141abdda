import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { GatewayError } from "../../../../src/core/errors.ts";
import { headersOf } from "../../../../src/core/headers.ts";
import type { Operation } from "../../../../src/dialect/dialect.ts";
import { geminiGenerate } from "../../../../src/dialect/gemini-generate/gemini-generate.ts";

const model = "gemini-2.5-flash";
const generate: Operation = { name: "generate", model, stream: false };
const edits = { model: "other", outputCap: 5, outputCapField: "maxOutputTokens" };

function spliced(body: object): unknown {
  const bytes = Buffer.from(JSON.stringify(body));
  return JSON.parse(geminiGenerate.splice(bytes, geminiGenerate.inspect(bytes, generate), edits).toString());
}

describe("match()", () => {
  it("takes Gemini's paths, and says what each asks for", () => {
    const match = (action: string) => geminiGenerate.match("POST", `/v1beta/models/${model}:${action}`);
    assert.deepEqual(match("generateContent"), generate);
    assert.deepEqual(match("streamGenerateContent?alt=sse"), { name: "generate", model, stream: true });
    assert.deepEqual(match("countTokens")?.local, "token_count");
    assert.deepEqual(geminiGenerate.match("GET", "/v1beta/models?pageSize=50")?.local, "models");
  });

  it("takes no other", () => {
    for (const path of [
      `/v1beta/models/${model}:predict`,
      `/v1beta/models/${model}`,
      `/v1beta/models/a/b:generateContent`,
      `/v1beta/models/:generateContent`,
      `/v1beta/tunedModels/${model}:generateContent`,
      `/v1beta/cachedContents`,
    ])
      assert.equal(geminiGenerate.match("POST", path), undefined, path);
    assert.equal(geminiGenerate.match("GET", `/v1beta/models/${model}:generateContent`), undefined);
  });
});

describe("inspect()", () => {
  it("refuses a stream that is no event stream, and says how to ask for one", () => {
    const operation = geminiGenerate.match("POST", `/v1beta/models/${model}:streamGenerateContent`);
    assert.ok(operation);
    assert.throws(() => geminiGenerate.inspect(Buffer.from('{"contents":[]}'), operation), {
      code: "unsupported",
      message: /alt=sse/,
    });
  });

  it("finds caps and candidates under either spelling", () => {
    for (const body of [
      { generationConfig: { maxOutputTokens: 9, candidateCount: 3 } },
      { generation_config: { max_output_tokens: 9, candidate_count: 3 } },
    ]) {
      const facts = geminiGenerate.inspect(Buffer.from(JSON.stringify(body)), generate);
      assert.equal(facts.outputCap, 9);
      assert.equal(facts.choices, 3);
    }
  });

  it("takes no config of a request inside another for the request's own", () => {
    for (const key of ["generateContentRequest", "generate_content_request"]) {
      const body = { contents: [], [key]: { generationConfig: { maxOutputTokens: 9 } } };
      assert.equal(geminiGenerate.inspect(Buffer.from(JSON.stringify(body)), generate).outputCap, undefined);
      assert.deepEqual(spliced(body), { generationConfig: { maxOutputTokens: 5 }, ...body });
    }
  });

  it("counts the request that a request to count tokens holds", () => {
    const operation: Operation = { name: "count_tokens", model, stream: false, local: "token_count" };
    const contents = [{ role: "user", parts: [{ text: "one two three" }] }];
    const texts = (body: object): readonly string[] => {
      const bytes = Buffer.from(JSON.stringify(body));
      return geminiGenerate
        .inspect(bytes, operation)
        .text.map(({ start, end }) => bytes.toString("utf8", start, end));
    };
    assert.deepEqual(texts({ generateContentRequest: { model: `models/${model}`, contents } }), [
      "one two three",
    ]);
    assert.deepEqual(texts({ contents }), ["one two three"]);
  });
});

describe("splice()", () => {
  it("writes the cap where the client wrote its config", () => {
    assert.deepEqual(spliced({ generation_config: { max_output_tokens: 900 } }), {
      generation_config: { max_output_tokens: 5 },
    });
    assert.deepEqual(spliced({ generation_config: { temperature: 0 } }), {
      generation_config: { maxOutputTokens: 5, temperature: 0 },
    });
    assert.deepEqual(spliced({ generationConfig: null }), { generationConfig: { maxOutputTokens: 5 } });
    assert.deepEqual(spliced({}), { generationConfig: { maxOutputTokens: 5 } });
  });
});

describe("breakOff()", () => {
  it("is an event that the SDK raises", () => {
    const transform = geminiGenerate.passResponse({
      status: 200,
      headers: headersOf({ "content-type": "text/event-stream" }),
      facts: geminiGenerate.inspect(Buffer.from("{}"), { ...generate, stream: true }),
      onText: () => {},
    });
    assert.equal(
      transform.breakOff(new GatewayError("upstream_unavailable", "gone")).toString(),
      'data: {"error":{"code":503,"message":"gone","status":"UNAVAILABLE"}}\n\n',
    );
  });
});

describe("encodeError()", () => {
  it("says how long to wait as Google does", () => {
    const error = new GatewayError("rate_limit", "slow down", { retryAfterMs: 1_500 });
    const { error: body } = JSON.parse(geminiGenerate.encodeError(error, "id").body.toString());
    assert.deepEqual(body.details, [
      { "@type": "type.googleapis.com/google.rpc.RetryInfo", retryDelay: "2s" },
    ]);
  });
});
