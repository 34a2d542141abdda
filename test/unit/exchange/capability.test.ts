import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Exchange } from "../../../src/exchange/state/exchange.ts";
import type { Outcome } from "../../../src/exchange/state/outcome.ts";
import { MemoryLedger } from "../../../src/ledger/memory.ts";
import { manualClock } from "../../support/core/manual-clock.ts";
import { exchangesOn, snapshotOf } from "../../support/exchange/exchanges.ts";

const targets: Readonly<Record<string, string>> = {
  chat: "chat/gpt-4.1",
  messages: "messages/claude-sonnet-4-5",
  converse: "converse/anthropic.claude-sonnet-4-5-20250929-v1:0",
  generate: "generate/gemini-2.5-flash",
};
const everyone = Object.keys(targets);
const backend = (name: string, provider: string, more: string) =>
  `  ${name}: { provider: ${provider}, apiKey: "\${env:KEY}", price: { input: 1, output: 1 }, ${more} }`;
const config = `
version: 1
backends:
${backend("chat", "openai-compatible", 'endpoint: "http://127.0.0.1:9900/v1"')}
${backend("messages", "anthropic", 'endpoint: "http://127.0.0.1:9900"')}
${backend("converse", "bedrock", 'region: us-east-1, endpoint: "http://127.0.0.1:9900"')}
${backend("generate", "gemini", 'endpoint: "http://127.0.0.1:9900"')}
models:
  all: { attempts: 4, targets: [${everyone.map((name) => `"${targets[name]}"`)}] }
${everyone.map((name) => `  ${name}-only: { targets: ["${targets[name]}"] }`).join("\n")}
  old-first: { targets: [chat/gpt-3.5-turbo, chat/gpt-4-turbo, chat/gpt-4.1] }
  old: { targets: [chat/gpt-3.5-turbo] }
  spare: { targets: [messages/claude-sonnet-4-5], fallback: [converse/anthropic.claude-sonnet-4-5-20250929-v1:0, generate/gemini-2.5-flash] }
routes:
  - { when: { header: { x-need: schema } }, only: { capability: json-schema } }
  - { when: { header: { x-need: url } }, only: { capability: [images, document-url] } }
  - { when: { header: { x-need: choices } }, only: { capability: choices, provider: [bedrock, gemini] } }
  - { when: { header: { x-need: nothing-has } }, only: { capability: [choices, document-url] } }
identity: [{ type: anonymous, tenant_id: local }]
`;

async function ask(
  body: object,
  path?: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<{ readonly exchange: Exchange; readonly outcome: Outcome }> {
  const clock = manualClock("2026-08-03T12:00:00Z");
  const exchanges = exchangesOn(snapshotOf(config, { KEY: "secret" }), new MemoryLedger({ clock }), clock);
  const asked = await exchanges.ask(body, path, headers);
  assert.deepEqual(exchanges.bugs, []);
  return asked;
}

const served = ({ forwarded }: Exchange) => forwarded?.plan.targets.map(({ target }) => target.backend);

function refusalIn(outcome: Outcome): { readonly status: number; readonly text: string } {
  assert.equal(outcome.kind, "reply");
  return { status: outcome.reply.status, text: outcome.reply.body.toString() };
}

const png = { type: "base64", media_type: "image/png", data: "iVBORw0KGgo=" };
const claude = (content: unknown, more: object = {}) => ({
  max_tokens: 50,
  messages: [{ role: "user", content }],
  ...more,
});
const chat = (more: object, content: unknown = "hi") => ({ messages: [{ role: "user", content }], ...more });
const tool = (name: string) => ({ type: "function", function: { name } });
const called = (id: string, args: string) => ({
  role: "assistant",
  tool_calls: [{ id, type: "function", function: { name: "look", arguments: args } }],
});
const answered = (id: string) => ({ role: "tool", tool_call_id: id, content: "x" });
const result = (content: unknown) => ({
  max_tokens: 50,
  tools: [{ name: "look", input_schema: { type: "object" } }],
  messages: [
    { role: "user", content: "hi" },
    { role: "assistant", content: [{ type: "tool_use", id: "t1", name: "look", input: {} }] },
    { role: "user", content: [{ type: "tool_result", tool_use_id: "t1", content: [content] }] },
  ],
});
const document = (source: object) => ({ type: "document", source });
const chatPath = "/v1/chat/completions";
const claudePath = "/v1/messages";

/** What some formats cannot say: who can, and the client's field that stands in the way at the others. */
const cases: readonly (readonly [
  title: string,
  path: string,
  body: object,
  can: readonly string[],
  field: string,
])[] = [
  [
    "an image by URL",
    chatPath,
    chat({}, [{ type: "image_url", image_url: { url: "https://x.example/a.png" } }]),
    ["chat", "messages"],
    "messages[0].content[0]",
  ],
  [
    "a document as text",
    claudePath,
    claude([document({ type: "text", media_type: "text/plain", data: "Hi" })]),
    ["messages", "converse", "generate"],
    "messages[0].content[0]",
  ],
  [
    "an image in a tool result",
    claudePath,
    result({ type: "image", source: png }),
    ["messages", "converse"],
    "messages[2].content[0]",
  ],
  [
    "a document in a tool result",
    claudePath,
    result(document({ type: "base64", media_type: "application/pdf", data: "JVBERi0=" })),
    ["messages", "converse"],
    "messages[2].content[0]",
  ],
  ["more than one answer", chatPath, chat({ n: 2 }), ["chat", "generate"], "n"],
  [
    "any JSON",
    chatPath,
    chat({ response_format: { type: "json_object" } }),
    ["chat", "generate"],
    "response_format",
  ],
  [
    "five stop sequences",
    claudePath,
    claude("hi", { stop_sequences: ["a", "b", "c", "d", "e"] }),
    ["messages", "converse", "generate"],
    "stop_sequences",
  ],
  ["a blank stop sequence", chatPath, chat({ stop: ["\n"] }), ["chat", "converse", "generate"], "stop"],
  [
    "a tool's name that begins with a digit",
    chatPath,
    chat({ tools: [tool("7look")] }),
    ["chat", "messages", "converse"],
    "tools[0].function.name",
  ],
  [
    "an image of a rare type",
    claudePath,
    claude([{ type: "image", source: { ...png, media_type: "image/tiff" } }]),
    ["chat", "messages", "generate"],
    "messages[0]",
  ],
  [
    "a document of a rare type",
    claudePath,
    claude([document({ type: "base64", media_type: "application/x-tex", data: "eA==" })]),
    ["chat", "messages", "generate"],
    "messages[0]",
  ],
  [
    "no more calls after some",
    chatPath,
    {
      tools: [tool("look")],
      tool_choice: "none",
      messages: [{ role: "user", content: "hi" }, called("c1", "{}"), answered("c1")],
    },
    ["chat", "messages", "generate"],
    "tool_choice",
  ],
  [
    "an earlier call whose arguments are no JSON",
    chatPath,
    { messages: [{ role: "user", content: "hi" }, called("c1", '{"a":'), answered("c1")] },
    ["chat"],
    "messages[1]",
  ],
  [
    "a result of a call that is not there",
    chatPath,
    { messages: [{ role: "user", content: "hi" }, answered("c9")] },
    ["chat", "messages", "converse"],
    "messages[1]",
  ],
];

describe("a request that not every format can say", () => {
  for (const [title, path, body, can, field] of cases) {
    it(`goes to those that can: ${title}`, async () => {
      const { exchange } = await ask({ model: "all", ...body }, path);
      assert.deepEqual(served(exchange), can);
      const cannot = everyone.filter((name) => !can.includes(name));
      assert.deepEqual(
        exchange.admitted?.rejected.map(({ target }) => target.backend),
        cannot,
      );
      for (const { reason, field: told } of exchange.admitted?.rejected ?? []) {
        assert.ok(told?.startsWith(field), `${told} is not ${field}`);
        assert.ok(reason.startsWith(field));
      }
    });

    it(`is a 400 that names the field where none can: ${title}`, async () => {
      for (const name of everyone.filter((one) => !can.includes(one))) {
        const { outcome, exchange } = await ask({ model: `${name}-only`, ...body }, path);
        const { status, text } = refusalIn(outcome);
        assert.equal(status, 400, text);
        assert.ok(text.includes(field), text);
        assert.match(String(exchange.errorCode), /^(?:unsupported|invalid_request)$/);
      }
    });
  }

  it("is refused whoever could serve it where its size cannot be known: a document by URL", async () => {
    const body = claude([document({ type: "url", url: "https://x.example/a.pdf" })]);
    const { status, text } = refusalIn((await ask({ model: "messages-only", ...body }, claudePath)).outcome);
    assert.equal(status, 400);
    assert.match(text, /source\.url refers to content that is not in the request/);
  });

  it("passes over fallbacks too", async () => {
    const { exchange } = await ask({ model: "spare", ...chat({ n: 2 }) });
    assert.deepEqual(served(exchange), ["generate"]);
  });
});

describe("a request that not every model can do", () => {
  const schema = { type: "json_schema", json_schema: { name: "a", schema: { type: "object" } } };
  const image = [{ type: "image_url", image_url: { url: "data:image/png;base64,iVBORw0KGgo=" } }];
  const asked: readonly (readonly [string, object, readonly string[], string])[] = [
    ["images", chat({}, image), ["gpt-4-turbo", "gpt-4.1"], "messages[0].content[0]"],
    ["a JSON schema", chat({ response_format: schema }), ["gpt-4.1"], "response_format"],
    ["tools", chat({ tools: [tool("look")] }), ["gpt-3.5-turbo", "gpt-4-turbo", "gpt-4.1"], ""],
  ];
  for (const [title, body, can, field] of asked)
    it(`goes to those that can, and is a 400 where none can: ${title}`, async () => {
      const { exchange } = await ask({ model: "old-first", ...body });
      assert.deepEqual(
        exchange.forwarded?.plan.targets.map(({ target }) => target.model),
        can,
      );
      if (field === "") return;
      const { status, text } = refusalIn((await ask({ model: "old", ...body })).outcome);
      assert.equal(status, 400, text);
      assert.ok(JSON.parse(text).error.param.startsWith(field), text);
    });

  const formats: readonly (readonly [string, object])[] = [
    [chatPath, chat({ response_format: schema })],
    ["/v1/responses", { input: "hi", text: { format: { ...schema.json_schema, type: "json_schema" } } }],
    [claudePath, claude("hi", { output_config: { format: { type: "json_schema", schema: {} } } })],
    [
      "/model/old-first/converse",
      {
        messages: [{ role: "user", content: [{ text: "hi" }] }],
        outputConfig: { textFormat: { type: "json_schema", structure: { jsonSchema: { schema: "{}" } } } },
      },
    ],
    [
      "/v1beta/models/old-first:generateContent",
      {
        contents: [{ role: "user", parts: [{ text: "hi" }] }],
        generationConfig: { responseMimeType: "application/json", responseJsonSchema: {} },
      },
    ],
  ];
  for (const [path, body] of formats)
    it(`never sends a JSON schema to a model that knows none: ${path}`, async () => {
      const { exchange } = await ask(path.startsWith("/v1/") ? { model: "old-first", ...body } : body, path);
      assert.deepEqual(
        exchange.forwarded?.plan.targets.map(({ target }) => target.model),
        ["gpt-4.1"],
      );
    });
});

describe("a rule that requires a capability", () => {
  const hi = { model: "all", ...chat({}) };
  const need = (what: string) => ask(hi, chatPath, { "x-need": what });

  it("binds the model", async () => {
    const { exchange } = await ask({ ...hi, model: "old-first" }, chatPath, { "x-need": "schema" });
    assert.deepEqual(
      exchange.forwarded?.plan.targets.map(({ target }) => target.model),
      ["gpt-4.1"],
    );
    assert.match(exchange.admitted?.rejected[0]?.reason ?? "", /not known to be able to do json-schema/);
  });

  it("binds the provider's format, by the table of translation", async () => {
    assert.deepEqual(served((await need("url")).exchange), ["messages"]);
    assert.deepEqual(served((await need("choices")).exchange), ["generate"]);
  });

  it("is a 503 that says what is missing, where no target has it: nothing is wrong with the request", async () => {
    const { status, text } = refusalIn((await need("nothing-has")).outcome);
    assert.equal(status, 503);
    assert.match(text, /document-url.*choices|choices.*document-url/);
  });

  it("is told by name when it is misspelt", () => {
    assert.throws(
      () =>
        snapshotOf(config.replace("capability: json-schema", "capability: json_schemas"), { KEY: "secret" }),
      {
        message: /routes\[0\]\.only\.capability/,
      },
    );
  });
});
