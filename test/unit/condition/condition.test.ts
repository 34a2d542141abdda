import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { attributesOf } from "../../../src/condition/attributes-of.ts";
import { compileCondition } from "../../../src/condition/condition.ts";
import { conditionSection } from "../../../src/condition/condition-section.ts";
import type { RequestSubject, Subject } from "../../../src/condition/subject.ts";
import type { Contract } from "../../../src/contract/contract.ts";
import { headersOf } from "../../../src/core/headers.ts";
import type { DialectName } from "../../../src/dialect/dialect.ts";
import { dialects } from "../../../src/dialect/index.ts";
import { openaiChat } from "../../../src/dialect/openai-chat/openai-chat.ts";

const body = JSON.stringify({
  model: "gpt-4.1",
  stream: true,
  messages: [{ role: "user", content: "hello" }],
  tools: [{ type: "function", function: { name: "look" } }],
  response_format: { type: "json_schema", json_schema: { name: "a", schema: { type: "object" } } },
});
const facts = openaiChat.inspect(Buffer.from(body), { name: "chat" });
const values = new Map([
  ["workflow", "summarize"],
  ["tenant_id", "acme"],
  ["priority", "7"],
]);
const contract: Contract = { values, clientUser: undefined, field: (name) => values.get(name) };
const request: RequestSubject = {
  facts,
  dialect: "openai-chat",
  path: "/v1/chat/completions?beta=true",
  inputTokens: 60_000,
};
const subject: Subject = {
  principal: {
    tenantId: "acme",
    userId: undefined,
    team: undefined,
    app: undefined,
    roles: ["engineer", "oncall"],
    keyName: undefined,
    fields: new Map(),
  },
  contract,
  headers: headersOf({ "x-region": "eu-west", "accept-language": "en;q=0.8, de-AT, *;q=0.1" }),
  request,
};

const holds: readonly (readonly [string, unknown])[] = [
  ["a contract field", { workflow: "summarize" }],
  ["one of a list", { workflow: ["classify", "summarize"] }],
  ["the start of a value", { workflow: "sum*" }],
  ["a principal's field", { tenant_id: "acme" }],
  ["one of the caller's roles", { roles: ["admin", "oncall"] }],
  ["a number compared", { priority: ">=7" }],
  ["the model", { model: "gpt-*" }],
  ["the dialect", { dialect: "openai-chat" }],
  ["the operation", { operation: "chat" }],
  ["a stream", { stream: true }],
  ["tools", { tools: true }],
  ["no images", { images: false }],
  ["the language that is accepted most", { language: ["fr", "de"] }],
  ["the language with its region", { language: "de-AT" }],
  ["the response format", { responseFormat: ["json", "json-schema"] }],
  ["the size of the input", { inputTokens: ">50000" }],
  ["the path, without its query", { path: "/v1/chat/completions" }],
  ["a header, whatever its case", { header: { "X-Region": "eu-*" } }],
  ["a query parameter", { query: { beta: true } }],
  ["every field at once", { workflow: "summarize", stream: true }],
  ["all of several conditions", { and: [{ workflow: "summarize" }, { tools: true }] }],
  ["one of several conditions", { or: [{ workflow: "classify" }, { tools: true }] }],
  ["the opposite", { not: { workflow: "classify" } }],
  ["conditions within conditions", { or: [{ and: [{ tools: true }, { not: { images: true } }] }] }],
];

const holdsNot: readonly (readonly [string, unknown])[] = [
  ["another value", { workflow: "classify" }],
  ["a field that is not set", { sensitivity: "public" }],
  ["a language that is accepted less", { language: "en" }],
  ["a region of the language that was not named", { language: "de-CH" }],
  ["a role the caller has not", { roles: "admin" }],
  ["a number on the wrong side", { inputTokens: "<60000" }],
  ["a header that is not there", { header: { "x-none": "a" } }],
  ["a query parameter that is not there", { query: { alpha: true } }],
  ["one field of several", { workflow: "summarize", stream: false }],
  ["one of conditions that all must hold", { and: [{ workflow: "summarize" }, { tools: false }] }],
  ["none of several conditions", { or: [{ workflow: "classify" }, { tools: false }] }],
  ["the opposite of what holds", { not: { workflow: "summarize" } }],
];

function holdsFor(written: unknown, of: Subject = subject): boolean | undefined {
  return compileCondition(conditionSection.parse(written))(attributesOf(of));
}

describe("a condition", () => {
  for (const [title, written] of holds) it(`holds for ${title}`, () => assert.equal(holdsFor(written), true));
  for (const [title, written] of holdsNot)
    it(`does not hold for ${title}`, () => assert.equal(holdsFor(written), false));

  it("goes by the language that the contract declares, before the one that is accepted", () => {
    const declared = new Map([["language", "pt-BR"]]);
    const condition = (of: Subject) => holdsFor({ language: "pt" }, of);
    const says = (language?: string): Subject => ({
      ...subject,
      contract: {
        field: (name) => (language === undefined ? undefined : declared.get(name)),
      },
    });
    assert.equal(condition(says("pt-BR")), true);
    assert.equal(condition(says()), false);
    const silent = { ...says(), headers: headersOf({ "accept-language": "*" }) };
    assert.equal(condition(silent), false);
  });

  const asks: readonly (readonly [DialectName, string, object, string | undefined])[] = [
    ["openai-chat", "json", { messages: [], response_format: { type: "json_object" } }, undefined],
    ["openai-chat", "text", { messages: [], response_format: { type: "text" } }, undefined],
    ["openai-responses", "json", { input: "a", text: { format: { type: "json_object" } } }, undefined],
    [
      "openai-responses",
      "json-schema",
      { input: "a", text: { format: { type: "json_schema", name: "a", schema: {} } } },
      undefined,
    ],
    [
      "anthropic-messages",
      "json-schema",
      { messages: [], output_config: { format: { type: "json_schema", schema: {} } } },
      undefined,
    ],
    ["gemini-generate", "json", { generationConfig: { responseMimeType: "application/json" } }, "gemini-2.5"],
    [
      "gemini-generate",
      "json-schema",
      { generationConfig: { responseMimeType: "application/json", responseSchema: { type: "OBJECT" } } },
      "gemini-2.5",
    ],
  ];
  for (const [name, format, members, model] of asks)
    it(`knows that ${name} asks for ${format}`, () => {
      const dialect = dialects.find((one) => one.name === name)!;
      const body = { ...(model === undefined ? { model: "m" } : { contents: [] }), ...members };
      const operation = { name: "generate", ...(model === undefined ? {} : { model }) };
      const facts = dialect.inspect(Buffer.from(JSON.stringify(body)), operation);
      const asked = { ...subject, request: { ...request, facts } };
      const holds = (responseFormat: string) => holdsFor({ responseFormat }, asked);
      assert.deepEqual(["text", "json", "json-schema"].filter(holds), [format]);
    });

  const unknown: readonly (readonly [string, unknown, boolean | undefined])[] = [
    ["does not know", { stream: true }, undefined],
    ["knows the caller", { roles: "oncall" }, true],
    ["does not hold for what the caller is not", { roles: "admin", stream: true }, false],
    ["does not know the opposite of what it does not know", { not: { model: "gpt-*" } }, undefined],
    ["holds if one of several holds", { or: [{ stream: true }, { workflow: "summarize" }] }, true],
    ["does not know one of several", { or: [{ stream: true }, { workflow: "classify" }] }, undefined],
  ];
  for (const [title, written, result] of unknown)
    it(`before there is a request ${title}: ${JSON.stringify(written)}`, () =>
      assert.equal(holdsFor(written, { ...subject, request: undefined }), result));

  it("is refused when it is nested too deep, or says nothing", () => {
    let deep: unknown = { stream: true };
    for (let depth = 0; depth < 12; depth += 1) deep = { not: deep };
    assert.equal(conditionSection.safeParse(deep).success, false);
    assert.equal(conditionSection.safeParse({}).success, false);
  });
});
