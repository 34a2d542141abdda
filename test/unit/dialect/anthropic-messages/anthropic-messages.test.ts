import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type ErrorCode, errorTable, GatewayError } from "../../../../src/core/errors.ts";
import { anthropicMessages } from "../../../../src/dialect/anthropic-messages/anthropic-messages.ts";

const messages = { name: "messages" };

function inspect(content: string) {
  const body = Buffer.from(`{"model":"m","max_tokens":9,"messages":[{"role":"user","content":${content}}]}`);
  const facts = anthropicMessages.inspect(body, messages);
  return { ...facts, texts: facts.text.map(({ start, end }) => body.toString("utf8", start, end)) };
}

describe("inspect()", () => {
  it("counts every text the model reads, and nothing else", () => {
    const facts = inspect(
      '[{"type":"text","text":"one","cache_control":{"type":"ephemeral"}},{"type":"thinking","thinking":"hm","signature":"sig"},' +
        '{"type":"tool_use","id":"i","name":"f","input":{"a":1}},{"type":"tool_result","tool_use_id":"i","content":[{"type":"text","text":"out"}]},' +
        '{"type":"document","source":{"type":"text","media_type":"text/plain","data":"doc"},"title":"t"}]',
    );
    assert.deepEqual(facts.texts, ["one", "hm", "f", '{"a":1}', "out", "doc", "t"]);
  });

  it("tells images from documents wherever their type stands", () => {
    const data = "A".repeat(4_000);
    const image = (source: string) => inspect(`[{"type":"image","source":${source}}]`);
    for (const source of [
      `{"type":"base64","media_type":"image/png","data":"${data}"}`,
      `{"data":"${data}","media_type":"image/png","type":"base64"}`,
      '{"type":"url","url":"https://x/a.png"}',
    ]) {
      const facts = image(source);
      assert.deepEqual([facts.images, facts.parts.images.length, facts.parts.pages], [1, 1, 0], source);
    }
    const pdf = inspect(
      `[{"source":{"data":"${data}","media_type":"application/pdf","type":"base64"},"type":"document"}]`,
    );
    assert.deepEqual([pdf.images, pdf.parts.pages], [0, 1]);
    const late = inspect(
      '[{"type":"document","source":{"data":"words","media_type":"text/plain","type":"text"}}]',
    );
    assert.deepEqual([late.parts.otherTokens, late.parts.pages], [5, 0]);
  });

  for (const block of [
    '{"type":"document","source":{"type":"url","url":"https://x/a.pdf"}}',
    '{"type":"image","source":{"type":"file","file_id":"f"}}',
    '{"type":"container_upload","file_id":"f"}',
  ])
    it(`refuses ${block}, which cannot be counted`, () =>
      assert.throws(() => inspect(`[${block}]`), { code: "unsupported" }));
});

describe("splice()", () => {
  it("gives a request to count tokens no cap", () => {
    const body = Buffer.from('{"model":"m","messages":[]}');
    const facts = anthropicMessages.inspect(body, { name: "count_tokens" });
    assert.equal(
      anthropicMessages.splice(body, facts, { model: "m", outputCap: 5, outputCapField: "max_tokens" }),
      body,
    );
  });
});

describe("breakOff()", () => {
  it("is an event that the SDK raises", () => {
    const facts = inspect('"hi"');
    const transform = anthropicMessages.passResponse({
      status: 200,
      headers: { get: () => "text/event-stream", names: () => [] },
      facts,
      onText: () => {},
    });
    assert.equal(
      transform.breakOff(new GatewayError("upstream_unavailable", "gone")).toString(),
      'event: error\ndata: {"type":"error","error":{"type":"overloaded_error","message":"gone"}}\n\n',
    );
  });
});

describe("encodeError()", () => {
  it("has Anthropic's types for every code, and tells its SDK what not to retry", () => {
    const told = (Object.keys(errorTable) as ErrorCode[]).map((code) => {
      const reply = anthropicMessages.encodeError(new GatewayError(code, "why"), "id-1");
      const { type, error, request_id } = JSON.parse(reply.body.toString());
      assert.deepEqual([type, request_id], ["error", "id-1"]);
      const retry = reply.headers.find(([name]) => name === "x-should-retry")?.[1] ?? "";
      return `${code} ${reply.status} ${error.type} ${retry}`.trim();
    });
    assert.deepEqual(told, [
      "invalid_request 400 invalid_request_error",
      "invalid_contract 400 invalid_request_error",
      "input_too_large 400 invalid_request_error",
      "context_length_exceeded 400 invalid_request_error",
      "unsupported 400 invalid_request_error",
      "unpriced_model 400 invalid_request_error",
      "unauthenticated 401 authentication_error",
      "forbidden 403 permission_error",
      "suspended 403 permission_error",
      "unknown_path 404 not_found_error",
      "unknown_model 404 not_found_error",
      "request_timeout 408 timeout_error",
      "body_too_large 413 request_too_large",
      "unsupported_media_type 415 invalid_request_error",
      "encoded_body 415 invalid_request_error",
      "rate_limit 429 rate_limit_error",
      "insufficient_quota 429 billing_error false",
      "upstream_auth 502 api_error false",
      "upstream_invalid 502 api_error",
      "response_too_large 502 api_error false",
      "validation_failed 502 api_error",
      "no_backend 503 overloaded_error",
      "stopped 503 overloaded_error",
      "upstream_unavailable 503 overloaded_error",
      "capacity 503 overloaded_error",
      "ledger_unavailable 503 api_error",
      "shutting_down 503 overloaded_error",
      "timeout 504 timeout_error",
      "internal 500 api_error",
    ]);
  });
});
