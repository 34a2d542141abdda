import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type ErrorCode, errorTable, GatewayError } from "../../../../src/core/errors.ts";
import { headersOf } from "../../../../src/core/headers.ts";
import type { RequestEdits } from "../../../../src/dialect/dialect.ts";
import { openaiChat } from "../../../../src/dialect/openai-chat/openai-chat.ts";

const chat = { name: "chat" };
const user = '"messages":[{"role":"user","content":"hi"}]';

function inspect(body: string) {
  return openaiChat.inspect(Buffer.from(body), chat);
}

function splice(body: string, edits: Partial<RequestEdits>): string {
  const bytes = Buffer.from(body);
  const facts = openaiChat.inspect(bytes, chat);
  const all = { model: facts.model, outputCap: undefined, outputCapField: "max_completion_tokens", ...edits };
  return openaiChat.splice(bytes, facts, all).toString();
}

function texts(body: string): string[] {
  const bytes = Buffer.from(body);
  return openaiChat.inspect(bytes, chat).text.map(({ start, end }) => bytes.toString("utf8", start, end));
}

describe("match()", () => {
  it("takes chat completions, and nothing near them", () => {
    assert.deepEqual(openaiChat.match("POST", "/v1/chat/completions?x=1"), chat);
    for (const path of [
      "/v1/chat/completions/",
      "/v1/chat/completions/x",
      "/V1/chat/completions",
      "/chat/completions",
    ])
      assert.equal(openaiChat.match("POST", path), undefined);
    assert.equal(openaiChat.match("GET", "/v1/chat/completions"), undefined);
  });
});

describe("inspect()", () => {
  it("takes the larger of two caps", () => {
    assert.equal(
      inspect(`{"model":"m",${user},"max_tokens":1,"max_completion_tokens":10000}`).outputCap,
      10_000,
    );
    assert.equal(
      inspect(`{"model":"m",${user},"max_tokens":10000,"max_completion_tokens":1}`).outputCap,
      10_000,
    );
  });

  it("takes null for a member that is not there", () => {
    const facts = inspect(
      `{"model":"m",${user},"max_tokens":null,"n":null,"stream":null,"stream_options":null,"tools":null}`,
    );
    assert.deepEqual([facts.outputCap, facts.choices, facts.stream, facts.tools], [undefined, 1, false, 0]);
  });

  it("counts every text the model reads, and nothing else", () => {
    assert.deepEqual(
      texts(
        '{"model":"m","user":"u1","stop":["s"],"messages":[{"role":"user","name":"ann","content":[{"type":"text","text":"one"},' +
          '{"type":"image_url","image_url":{"url":"data:x"}}]},{"role":"assistant","content":null,"refusal":"no","reasoning_content":"think",' +
          '"tool_calls":[{"id":"c","type":"function","function":{"name":"f","arguments":"{}"}}]},{"role":"tool","tool_call_id":"c","content":"out"}],' +
          '"tools":[{"type":"function","function":{"name":"g","description":"does","parameters":{"type":"object"}}}],"documents":[{"t":"d"}],"seed":7}',
      ),
      ["ann", "one", "no", "think", "f", "{}", "out", "g", "does", '[{"t":"d"}]'],
    );
  });

  it("tells what there is besides text: messages, names, tools, images with their sizes", () => {
    const png = Buffer.concat([
      Buffer.from("89504e470d0a1a0a0000000d49484452", "hex"),
      Buffer.from([0, 0, 4, 0, 0, 0, 3, 0, 8]),
    ]);
    const low = '{"type":"image_url","image_url":{"url":"https://x/a","detail":"low"}}';
    const inline = `{"type":"image_url","image_url":{"url":"data:image/png;base64,${png.toString("base64")}"}}`;
    const { parts, ...facts } = inspect(
      `{"model":"m","messages":[{"role":"user","name":"a","content":[${low},${inline}]}],"tools":[{"type":"function","function":{"name":"f"}}],` +
        '"response_format":{"type":"json_object"}}',
    );
    assert.deepEqual(parts.images, [{ detail: "low" }, { size: { width: 1024, height: 768 } }]);
    assert.deepEqual([parts.messages, parts.names, parts.tools, parts.formats], [1, 1, 1, 1]);
    assert.deepEqual([facts.images, facts.tools, facts.messages], [2, 1, 1]);
  });

  it("finds the leaves of contract and metadata by path", () => {
    const facts = inspect(
      `{"model":"m",${user},"contract":{"workflow":"w","retrieval_required":true,"a":{"b":1.5},"x":null,"l":[1]},"metadata":{"workflow":"v"}}`,
    );
    assert.deepEqual(Object.fromEntries(facts.fields), {
      "contract.workflow": "w",
      "contract.retrieval_required": "true",
      "contract.a.b": "1.5",
      "metadata.workflow": "v",
    });
  });

  for (const contract of [
    '{"a":1,"a":2}',
    '{"a":1,"\\u0061":2}',
    '{"a":{"b":1},"a.b":2}',
    '{"a":{"b":1},"a":{"c":2}}',
    `{${Array.from({ length: 200 }, (_, i) => `"k${i}":1`).join(",")}}`,
    `{"a":"${"x".repeat(1025)}"}`,
    '"text"',
  ])
    it(`refuses the contract ${contract.slice(0, 40)}, which hides or repeats a field`, () =>
      assert.throws(() => inspect(`{"model":"m",${user},"contract":${contract}}`), {
        code: "invalid_request",
      }));

  it("refuses a file it cannot see, since it cannot count it", () => {
    const file = '{"role":"user","content":[{"type":"file","file":{"file_id":"file-1"}}]}';
    assert.throws(() => inspect(`{"model":"m","messages":[${file}]}`), { code: "unsupported" });
  });

  it("names the parameter at fault", () => {
    assert.throws(() => inspect(`{"model":"m",${user},"max_tokens":1e9}`), {
      code: "invalid_request",
      param: "max_tokens",
    });
    assert.throws(() => inspect('{"model":"m"}'), { code: "invalid_request", param: "messages" });
  });

  it("keeps its list of spans bounded, and loses no byte that counts", () => {
    const parts = Array.from({ length: 20_000 }, () => '{"type":"text","text":"ab"}').join(",");
    const body = `{"model":"m","messages":[{"role":"user","content":[${parts}]}]}`;
    const { text } = inspect(body);
    assert.ok(text.length <= 16_384);
    assert.equal(text.at(-1)?.end, body.lastIndexOf("ab") + 2);
  });
});

describe("splice()", () => {
  it("leaves one cap, in the field the provider heeds", () => {
    const both = `{"max_tokens":9,"model":"m",${user},"max_completion_tokens":10000}`;
    assert.equal(splice(both, { outputCap: 50 }), `{"model":"m",${user},"max_completion_tokens":50}`);
    assert.equal(
      splice(both, { outputCap: 50, outputCapField: "max_tokens" }),
      `{"max_tokens":50,"model":"m",${user}}`,
    );
    assert.equal(
      splice(`{"model":"m",${user}}`, { outputCap: 5 }),
      `{"max_completion_tokens":5,"model":"m",${user}}`,
    );
    assert.equal(
      splice(`{"model":"m",${user},"max_tokens":null}`, { outputCap: 5 }),
      `{"max_completion_tokens":5,"model":"m",${user}}`,
    );
  });

  it("takes members out wherever they stand", () => {
    const cap = { outputCap: 5 };
    assert.equal(splice(`{"contract":{},"model":"m",${user}}`, {}), `{"model":"m",${user}}`);
    assert.equal(
      splice(`{"contract":{} , "max_tokens":1, "model":"m",${user}}`, cap),
      `{"max_completion_tokens":5,"model":"m",${user}}`,
    );
    assert.equal(
      splice(`{ "model":"m", "contract":{}, "max_tokens":1 ,${user} }`, cap),
      `{"max_completion_tokens":5, "model":"m" ,${user} }`,
    );
  });

  it("asks for usage in streams, and keeps the client's other options", () => {
    const stream = (options: string) => splice(`{"model":"m",${user},"stream":true${options}}`, {});
    assert.equal(stream(""), `{"stream_options":{"include_usage":true},"model":"m",${user},"stream":true}`);
    assert.equal(
      stream(',"stream_options":null'),
      `{"model":"m",${user},"stream":true,"stream_options":{"include_usage":true}}`,
    );
    assert.equal(
      stream(',"stream_options":{}'),
      `{"model":"m",${user},"stream":true,"stream_options":{"include_usage":true}}`,
    );
    assert.equal(
      stream(',"stream_options":{"include_obfuscation":false,"include_usage":false}'),
      `{"model":"m",${user},"stream":true,"stream_options":{"include_obfuscation":false,"include_usage":true}}`,
    );
    assert.equal(
      stream(',"stream_options":{"include_obfuscation":false}'),
      `{"model":"m",${user},"stream":true,"stream_options":{"include_usage":true,"include_obfuscation":false}}`,
    );
  });

  it("writes a model's name as JSON", () => {
    assert.equal(splice(`{"model":"m",${user}}`, { model: 'a"b' }), `{"model":"a\\"b",${user}}`);
  });
});

describe("passResponse()", () => {
  const facts = inspect(`{"model":"m",${user},"stream":true}`);
  const start = (contentType: string) =>
    openaiChat.passResponse({
      status: 200,
      headers: headersOf({ "content-type": contentType }),
      facts,
      onText: () => {},
    });

  it("returns the very buffer when nothing in it changes", () => {
    const chunk = Buffer.from('data: {"choices":[{"index":0,"delta":{"content":"a"}}]}\n\n');
    assert.equal(start("text/event-stream").push(chunk, false), chunk);
    assert.equal(start("application/json").push(chunk, false), chunk);
  });

  it("lets nothing pass once an event has outgrown its bound", () => {
    const transform = start("text/event-stream");
    const piece = Buffer.alloc(1024 * 1024, "x");
    let out = "";
    for (let i = 0; i < 12; i += 1) out += transform.push(piece, false).toString();
    assert.match(out, /^data: \{"error":.*upstream_invalid.*\n\n$/);
    assert.equal(transform.seen.error?.code, "upstream_invalid");
  });

  it("breaks a stream off with an event the SDK raises, and a whole answer with nothing", () => {
    const error = new GatewayError("timeout", "too slow");
    assert.equal(
      start("text/event-stream").breakOff(error).toString(),
      'data: {"error":{"message":"too slow","type":"server_error","param":null,"code":"timeout"}}\n\n',
    );
    const whole = start("application/json");
    whole.push(Buffer.from("{"), false);
    assert.equal(whole.breakOff(error).length, 0);
  });
});

describe("encodeError()", () => {
  it("has OpenAI's names for every code, and tells its SDK what not to retry", () => {
    const told = (Object.keys(errorTable) as ErrorCode[]).map((code) => {
      const reply = openaiChat.encodeError(new GatewayError(code, "why"), "id-1");
      const { error } = JSON.parse(reply.body.toString());
      const retry = reply.headers.find(([name]) => name === "x-should-retry")?.[1] ?? "";
      return `${code} ${reply.status} ${error.type} ${error.code} ${retry}`.trim();
    });
    assert.deepEqual(told, [
      "invalid_request 400 invalid_request_error null",
      "invalid_contract 400 invalid_request_error invalid_contract",
      "input_too_large 400 invalid_request_error input_too_large",
      "context_length_exceeded 400 invalid_request_error context_length_exceeded",
      "unsupported 400 invalid_request_error unsupported",
      "unpriced_model 400 invalid_request_error unpriced_model",
      "unauthenticated 401 invalid_request_error invalid_api_key",
      "forbidden 403 invalid_request_error insufficient_permissions",
      "suspended 403 invalid_request_error suspended",
      "unknown_path 404 invalid_request_error unknown_url",
      "unknown_model 404 invalid_request_error model_not_found",
      "request_timeout 408 invalid_request_error request_timeout",
      "body_too_large 413 invalid_request_error request_too_large",
      "unsupported_media_type 415 invalid_request_error unsupported_media_type",
      "encoded_body 415 invalid_request_error unsupported_content_encoding",
      "rate_limit 429 rate_limit_error rate_limit_exceeded",
      "insufficient_quota 429 insufficient_quota insufficient_quota false",
      "upstream_auth 502 server_error upstream_auth false",
      "upstream_invalid 502 server_error upstream_invalid",
      "response_too_large 502 server_error response_too_large false",
      "validation_failed 502 server_error validation_failed",
      "no_backend 503 server_error no_backend",
      "stopped 503 server_error stopped",
      "upstream_unavailable 503 server_error upstream_unavailable",
      "capacity 503 server_error capacity",
      "ledger_unavailable 503 server_error ledger_unavailable",
      "shutting_down 503 server_error shutting_down",
      "timeout 504 server_error timeout",
      "internal 500 server_error internal_error",
    ]);
  });

  it("says when to come back, and tells the SDK not to sleep for longer than a minute", () => {
    const headers = (retryAfterMs: number) =>
      Object.fromEntries(
        openaiChat.encodeError(new GatewayError("rate_limit", "w", { retryAfterMs }), "id-1").headers,
      );
    assert.deepEqual(headers(1_500), {
      "content-type": "application/json",
      "x-request-id": "id-1",
      "retry-after": "2",
      "retry-after-ms": "1500",
    });
    assert.equal(headers(86_400_000)["x-should-retry"], "false");
  });
});
