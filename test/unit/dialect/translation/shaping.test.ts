import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { DialectName } from "../../../../src/dialect/dialect.ts";
import { objectOf } from "../../../../src/dialect/json-view.ts";
import { dialectOf, translateRequest, upstreamDialects } from "../../../support/dialect/translation.ts";

/** A translated request: a member by its path (`messages.0.role`), and what the client is told. */
interface Sent {
  at(path: string): unknown;
  readonly changes: string;
}

function send(client: DialectName, upstream: DialectName, body: object, model?: string): Sent {
  const bytes = Buffer.from(JSON.stringify(body));
  const translated = translateRequest(dialectOf(client), dialectOf(upstream), bytes, false, model);
  const json: unknown = JSON.parse(translated.body.toString());
  const at = (path: string) =>
    path.split(".").reduce<unknown>((owner, name) => (owner as Record<string, unknown>)?.[name], json);
  return { at, changes: translated.changes.join("; ") };
}

const user = { role: "user", content: "hi" };
const chat = (changes: object = {}) => ({ model: "m", messages: [user], ...changes });
const chatTool = (parameters: object, more: object = {}) => ({
  type: "function",
  function: { name: "f", parameters, ...more },
});
const mark = { cache_control: { type: "ephemeral" } };

describe("options that ask for nothing", () => {
  const formats: readonly (readonly [DialectName, object])[] = [
    ["openai-chat", chat()],
    ["openai-responses", { model: "m", input: "hi" }],
    ["anthropic-messages", { ...chat(), max_tokens: 10 }],
  ];
  for (const [client, body] of formats)
    for (const { name: upstream } of upstreamDialects.filter(({ name }) => name !== client))
      for (const value of [null, false, 0, "", [], {}])
        it(`are left out without a word from ${client} to ${upstream}: ${JSON.stringify(value)}`, () => {
          const { changes } = send(client, upstream, { ...body, some_option: value });
          assert.doesNotMatch(changes, /some_option/);
        });

  it("are told apart from those that ask for something", () => {
    for (const value of [true, 1, "a", [0], { a: null }])
      assert.throws(() => send("openai-chat", "anthropic-messages", chat({ some_option: value })), {
        code: "unsupported",
        param: "some_option",
      });
  });
});

describe("hints of agents", () => {
  it("are left out with the warning: Claude Code's context_management", () => {
    const edits = [{ type: "clear_thinking_20251015", keep: "all" }];
    const body = { ...chat(), max_tokens: 10, context_management: { edits } };
    assert.match(send("anthropic-messages", "openai-chat", body).changes, /context_management dropped/);
  });

  it("are left out with the warning: Codex's client_metadata", () => {
    const body = { model: "m", input: "hi", client_metadata: { "x-codex-installation-id": "i" } };
    assert.match(send("openai-responses", "openai-chat", body).changes, /client_metadata dropped/);
  });
});

describe("cache marks of chat clients", () => {
  const cached: Readonly<Record<string, readonly [body: object, path: string]>> = {
    "a part": [
      { messages: [{ role: "user", content: [{ type: "text", text: "u", ...mark }] }] },
      "messages.0.content.0",
    ],
    "a message": [{ messages: [{ ...user, ...mark }] }, "messages.0.content.0"],
    "a system message": [{ messages: [{ role: "system", content: "s", ...mark }, user] }, "system.0"],
    "an answer": [
      { messages: [user, { role: "assistant", content: "a", ...mark }, user] },
      "messages.1.content.0",
    ],
    "a tool": [{ tools: [{ ...chatTool({}), ...mark }] }, "tools.0"],
    "a tool's function": [{ tools: [chatTool({}, mark)] }, "tools.0"],
    "a tool's result": [
      {
        messages: [
          user,
          {
            role: "assistant",
            tool_calls: [{ id: "c", type: "function", function: { name: "f", arguments: "{}" } }],
          },
          { role: "tool", tool_call_id: "c", content: "12", ...mark },
        ],
      },
      "messages.2.content.0",
    ],
  };
  for (const [owner, [body, path]] of Object.entries(cached))
    it(`reach Claude from ${owner}`, () => {
      const sent = send("openai-chat", "anthropic-messages", chat(body));
      assert.deepEqual(sent.at(`${path}.cache_control`), { type: "ephemeral" });
    });
});

describe("a picture", () => {
  const png =
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
  const shown = (type: string) =>
    chat({
      messages: [
        { role: "user", content: [{ type: "image_url", image_url: { url: `data:${type};base64,${png}` } }] },
      ],
    });

  it("called image/jpg is what its clients mean: image/jpeg", () => {
    const claude = send("openai-chat", "anthropic-messages", shown("image/jpg"));
    assert.equal(claude.at("messages.0.content.0.source.media_type"), "image/jpeg");
    const bedrock = send("openai-chat", "bedrock-converse", shown("IMAGE/JPG"));
    assert.equal(bedrock.at("messages.0.content.0.image.format"), "jpeg");
  });

  for (const { name } of upstreamDialects.filter((one) => one.name !== "openai-chat"))
    it(`that is declared to be a PDF goes to nobody as a picture (${name})`, () => {
      assert.throws(() => send("openai-chat", name, shown("application/pdf")), {
        code: "invalid_request",
        param: "messages[0].content[0].image_url",
      });
    });
});

describe("a conversation", () => {
  const system = (content: string) => ({ role: "system", content });

  for (const { name } of upstreamDialects.filter((one) => one.name !== "openai-chat")) {
    const turns = name === "gemini-generate" ? "contents" : "messages";

    it(`of system text alone asks what its last one says (${name})`, () => {
      const body = chat({ messages: [system("Be brief."), system("Say hi.")] });
      const sent = send("openai-chat", name, body);
      assert.equal(objectOf(sent.at(`${turns}.0`))?.role, "user");
      assert.match(JSON.stringify(sent.at(turns)), /Say hi\./);
      assert.doesNotMatch(JSON.stringify(sent.at(turns)), /Be brief/);
    });

    it(`that says nothing is refused (${name})`, () => {
      const body = chat({ messages: [{ role: "user", content: " " }] });
      assert.throws(() => send("openai-chat", name, body), { code: "invalid_request" });
    });
  }

  for (const name of ["anthropic-messages", "bedrock-converse"] as const) {
    const greeted = [
      system("s"),
      { role: "user", content: " " },
      { role: "assistant", content: "Hello." },
      user,
    ];

    it(`that the assistant begins passes over a target that refuses it, by the turn's name (${name})`, () => {
      assert.throws(() => send("openai-chat", name, chat({ messages: greeted })), {
        code: "unsupported",
        param: "messages[2]",
      });
    });
  }
});

describe("a schema for Claude", () => {
  const open = {
    type: "object",
    properties: { n: { type: "integer", minimum: 1 }, o: { type: ["object", "null"] } },
  };
  const map = { type: "object", additionalProperties: { type: "object", properties: {} } };
  const closed = {
    type: "object",
    properties: { n: { type: "integer" }, o: { type: ["object", "null"], additionalProperties: false } },
    additionalProperties: false,
  };
  const answer = (schema: object) =>
    chat({ response_format: { type: "json_schema", json_schema: { name: "a", schema } } });

  it("is closed in every object, with a warning", () => {
    const sent = send("openai-chat", "anthropic-messages", answer(open));
    assert.deepEqual(sent.at("output_config.format.schema"), closed);
    assert.match(sent.changes, /without minimum, additionalProperties|without additionalProperties, minimum/);
    const mapped = send("openai-chat", "anthropic-messages", answer(map));
    assert.deepEqual(mapped.at("output_config.format.schema"), {
      type: "object",
      additionalProperties: false,
    });
  });

  it("passes as it is, without a word, when it is closed", () => {
    const sent = send("openai-chat", "anthropic-messages", answer(closed));
    assert.deepEqual(sent.at("output_config.format.schema"), closed);
    assert.equal(sent.changes, "");
  });

  it("takes a property that is called additionalProperties for a name", () => {
    const schema = {
      type: "object",
      properties: { additionalProperties: { type: "string" } },
      additionalProperties: false,
    };
    const sent = send("openai-chat", "anthropic-messages", answer(schema));
    assert.deepEqual(sent.at("output_config.format.schema"), schema);
  });

  it("is shaped for strict tools, and left as it is for others", () => {
    const strict = send(
      "openai-chat",
      "anthropic-messages",
      chat({ tools: [chatTool(open, { strict: true })] }),
    );
    assert.deepEqual(strict.at("tools.0.input_schema"), closed);
    assert.match(strict.changes, /tools\[0\]\.function\.strict without/);
    const loose = send("openai-chat", "anthropic-messages", chat({ tools: [chatTool(open)] }));
    assert.deepEqual(loose.at("tools.0.input_schema"), open);
  });
});

describe("a tool's parameters", () => {
  const places: Readonly<Partial<Record<DialectName, string>>> = {
    "openai-chat": "tools.0.function.parameters",
    "anthropic-messages": "tools.0.input_schema",
    "bedrock-converse": "toolConfig.tools.0.toolSpec.inputSchema.json",
  };
  for (const [upstream, path] of Object.entries(places) as [DialectName, string][])
    it(`always name an object and its properties (${upstream})`, () => {
      const tool = (parameters: object) => ({
        model: "m",
        input: "hi",
        tools: [{ type: "function", name: "f", parameters }],
      });
      const shaped = (parameters: object) => send("openai-responses", upstream, tool(parameters)).at(path);
      const none = { type: "object", properties: {} };
      assert.deepEqual(shaped({}), none);
      assert.deepEqual(shaped({ type: "object" }), none);
      assert.deepEqual(shaped({ properties: { a: {} } }), { type: "object", properties: { a: {} } });
      const composed = { type: "object", anyOf: [{ required: ["a"] }] };
      assert.deepEqual(shaped(composed), composed);
    });
});

describe("sampling for OpenAI's models", () => {
  const asked = {
    model: "m",
    max_tokens: 9,
    messages: [user],
    temperature: 0.2,
    top_p: 0.9,
    stop_sequences: ["END"],
  };
  const rows: readonly (readonly [
    model: string,
    temperature: number | undefined,
    stop: readonly string[] | undefined,
  ])[] = [
    ["gpt-4.1", 0.2, ["END"]],
    ["gpt-5", undefined, ["END"]],
    ["gpt-5-mini-2025-08-07", undefined, ["END"]],
    ["gpt-5-chat-latest", 0.2, ["END"]],
    ["openai/gpt-5.2", undefined, ["END"]],
    ["gpt-6-luna", undefined, ["END"]],
    ["openai/gpt-6.1-sol", undefined, ["END"]],
    ["o1", undefined, ["END"]],
    ["o3", undefined, undefined],
    ["o4-mini", undefined, undefined],
    ["o30b-local", 0.2, ["END"]],
  ];
  for (const [model, temperature, stop] of rows)
    it(`is what ${model} takes, and the rest is told`, () => {
      const sent = send("anthropic-messages", "openai-chat", asked, model);
      assert.equal(sent.at("temperature"), temperature);
      assert.equal(sent.at("top_p"), temperature === undefined ? undefined : 0.9);
      assert.deepEqual(sent.at("stop"), stop);
      assert.equal(/temperature dropped/.test(sent.changes), temperature === undefined);
      assert.equal(/stop_sequences dropped/.test(sent.changes), stop === undefined);
    });

  it("comes back from GPT-5.1 on when the model is told not to reason", () => {
    const off = { ...asked, thinking: { type: "disabled" } };
    for (const model of ["gpt-5.2", "gpt-6-luna"])
      assert.equal(send("anthropic-messages", "openai-chat", off, model).at("temperature"), 0.2);
    assert.equal(send("anthropic-messages", "openai-chat", off, "gpt-5").at("temperature"), undefined);
  });
});
