import assert from "node:assert/strict";
import { afterEach, before, describe, it } from "node:test";
import { type ErrorCode, GatewayError } from "../../src/core/errors.ts";
import type { Dialect } from "../../src/dialect/dialect.ts";
import type { Faults } from "../../src/fake/faults.ts";
import type { RefusalKind } from "../../src/fake/refusal.ts";
import { streamedInBody, translationRequests } from "../fixtures/translation-requests.ts";
import { translationConfig } from "../support/clients/translation-clients.ts";
import { clientDialects, pathOf, streamText } from "../support/dialect/translation.ts";
import { type TestStack, useTestStack } from "../support/stack/stack.ts";

/** The models that one format's providers serve, by that format. */
const models: Readonly<Record<string, string>> = {
  "openai-chat": "by-chat",
  "anthropic-messages": "by-messages",
  "bedrock-converse": "by-converse",
  "gemini-generate": "by-generate",
};

/** What tells an error event of a client's format from all others, and what ends its answers well. */
const marks: Readonly<Record<string, { readonly error: RegExp; readonly end: RegExp }>> = {
  "openai-chat": { error: /^data: \{"error":[^\n]*\n\ndata: \[DONE\]\n\n$/m, end: /"finish_reason":"/ },
  "openai-responses": { error: /^event: error$|"type":"response\.failed"/m, end: /"response\.completed"/ },
  "anthropic-messages": { error: /^event: error$/m, end: /^event: message_stop$/m },
  "bedrock-converse": { error: /^!/m, end: /^metadata /m },
  "gemini-generate": { error: /^data: \{"error":/m, end: /"finishReason"/ },
};

const broken: readonly (readonly [title: string, faults: Faults])[] = [
  ["is cut", { tokens: 12, cutAfter: 4 }],
  ["holds broken JSON", { tokens: 12, badJson: 4 }],
  ["is empty", { empty: "body" }],
  ["says nothing", { empty: "content" }],
  ["holds an error", { tokens: 12, errorEvent: 4 }],
];

const refusals: readonly (readonly [RefusalKind, ErrorCode])[] = [
  ["bad-request", "invalid_request"],
  ["context-length", "context_length_exceeded"],
  ["auth", "upstream_auth"],
  ["permission", "upstream_auth"],
  ["not-found", "unknown_model"],
  ["too-large", "body_too_large"],
  ["rate-limit", "rate_limit"],
  ["server", "upstream_unavailable"],
  ["overloaded", "upstream_unavailable"],
];

describe("an answer that is translated", () => {
  const running = useTestStack({ config: translationConfig });
  let stack: TestStack;
  before(() => {
    stack = running();
  });
  afterEach(async () => {
    await stack.idle();
    stack.alpha.reset();
    stack.beta.reset();
  });

  const fault = (faults: Faults): void => {
    stack.alpha.setFaults(faults, 1);
    stack.beta.setFaults(faults, 1);
  };

  async function ask(client: Dialect, model: string, stream: boolean): Promise<Response> {
    const path = pathOf(client.name, stream).replace("/any", `/${model}`);
    const body = { ...translationRequests[client.name]?.error } as Record<string, unknown>;
    if (path.startsWith("/v1/")) body.model = model;
    if (stream && streamedInBody.has(client.name)) body.stream = true;
    return fetch(`${stack.stack.listenUrl}${path}`, {
      method: "POST",
      headers: { authorization: "Bearer key-acme", "content-type": "application/json" },
      body: JSON.stringify(body),
    });
  }

  for (const client of clientDialects) {
    const others = Object.entries(models).filter(([format]) => format !== client.name);

    for (const [title, faults] of broken) {
      it(`is an error of ${client.name}, never a whole answer, when it ${title}`, async () => {
        for (const [format, model] of others) {
          fault(faults);
          const record = await stack.recordOf(async () => {
            const response = await ask(client, model, false);
            const text = await response.text();
            assert.ok(response.status >= 429, `${format}: ${response.status} ${text}`);
            assertError(client, response, text, String(response.status));
          });
          assert.equal(record.ending, "upstream_error", format);
          assert.ok(Number(record.status) >= 429, format);
        }
      });

      it(`ends in an error event of ${client.name}, never well, when its stream ${title}`, async () => {
        for (const [format, model] of others) {
          fault(faults);
          const record = await stack.recordOf(async () => {
            const response = await ask(client, model, true);
            const bytes = Buffer.from(await response.arrayBuffer());
            if (response.status !== 200) return;
            const text = streamText(client.name, bytes);
            assert.match(text, marks[client.name]!.error, format);
            assert.doesNotMatch(text, marks[client.name]!.end, format);
          });
          assert.equal(record.ending, "upstream_error", format);
          assert.ok(record.error_code, format);
        }
      });
    }

    for (const stream of [false, true])
      it(`raises ${client.name}'s own error for each reason to refuse${stream ? " a stream" : ""}`, async () => {
        // A stream is refused as a whole answer is: two kinds show it.
        for (const [format, model] of others)
          for (const [kind, code] of stream ? refusals.slice(-2) : refusals) {
            fault({ error: kind });
            const response = await ask(client, model, stream);
            const text = await response.text();
            const due = client.encodeError(new GatewayError(code, "message"), "");
            assert.equal(response.status, due.status, `${format} ${kind}: ${text}`);
            assertError(client, response, text, `${format} ${kind}`, code);
          }
      });

    it(`is whole and well for ${client.name} when it ends for a reason of tomorrow`, async () => {
      for (const [format, model] of others)
        for (const stream of [false, true]) {
          fault({ tokens: 3, finish: "TOMORROW" });
          const response = await ask(client, model, stream);
          const text = streamText(
            stream ? client.name : "openai-chat",
            Buffer.from(await response.arrayBuffer()),
          );
          assert.equal(response.status, 200, format);
          if (stream) assert.match(text, marks[client.name]!.end, format);
          assert.doesNotMatch(text, /tomorrow/i, format);
        }
    });
  }

  it("may be megabytes long though it is held until it is whole", async () => {
    fault({ tokens: 60_000 });
    const response = await fetch(`${stack.baseUrl}/chat/completions`, {
      method: "POST",
      headers: { authorization: "Bearer key-acme", "content-type": "application/json" },
      body: JSON.stringify({
        ...translationRequests["openai-chat"]!.error,
        model: "by-generate",
        n: 8,
        max_tokens: 60_000,
      }),
    });
    const text = await response.text();
    assert.equal(response.status, 200, text.slice(0, 300));
    assert.ok(text.length > 2_000_000, `${text.length} bytes`);
    assert.equal(JSON.parse(text).choices.length, 8);
  });

  it("leaves nothing open, and met no bug", async () => {
    await stack.idle();
    assert.equal(await stack.metric("tollgate_bugs_total"), 0);
  });
});

/** An error body of the client's format, of the right kind where that is known. */
function assertError(
  client: Dialect,
  { headers }: Response,
  text: string,
  about: string,
  code?: ErrorCode,
): void {
  const body = JSON.parse(text);
  const due = client.encodeError(new GatewayError(code ?? "upstream_invalid", "message"), "id");
  const wanted = JSON.parse(due.body.toString());
  assert.deepEqual(shapeOf(body), shapeOf(wanted), about);
  for (const [name, value] of due.headers)
    if (name === "content-type") assert.equal(headers.get(name), value);
  if (code === undefined) return;
  for (const [name, value] of Object.entries(flat(wanted)))
    if (!/message|request_id|param/i.test(name)) assert.equal(flat(body)[name], value, `${about}: ${name}`);
}

const shapeOf = (body: object) => Object.keys(flat(body)).sort();

function flat(value: object, path = ""): Record<string, unknown> {
  const leaves: Record<string, unknown> = {};
  for (const [name, inner] of Object.entries(value))
    if (typeof inner === "object" && inner !== null) Object.assign(leaves, flat(inner, `${path}${name}.`));
    else leaves[path + name] = inner;
  return leaves;
}
