import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Contract } from "../../../src/contract/contract.ts";
import { headersOf } from "../../../src/core/headers.ts";
import { openaiChat } from "../../../src/dialect/openai-chat/openai-chat.ts";
import { compileCondition, conditionSection } from "../../../src/route/condition.ts";
import type { Subject } from "../../../src/route/subject.ts";

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
const contract: Contract = { values, field: (name) => values.get(name) };
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
  facts,
  dialect: "openai-chat",
  headers: headersOf({ "x-region": "eu-west" }),
  path: "/v1/chat/completions?beta=true",
  inputTokens: 60_000,
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
  ["a role the caller has not", { roles: "admin" }],
  ["a number on the wrong side", { inputTokens: "<60000" }],
  ["a header that is not there", { header: { "x-none": "a" } }],
  ["a query parameter that is not there", { query: { alpha: true } }],
  ["one field of several", { workflow: "summarize", stream: false }],
  ["one of conditions that all must hold", { and: [{ workflow: "summarize" }, { tools: false }] }],
  ["none of several conditions", { or: [{ workflow: "classify" }, { tools: false }] }],
  ["the opposite of what holds", { not: { workflow: "summarize" } }],
];

describe("a condition", () => {
  for (const [title, written] of holds)
    it(`holds for ${title}`, () =>
      assert.equal(compileCondition(conditionSection.parse(written))(subject), true));
  for (const [title, written] of holdsNot)
    it(`does not hold for ${title}`, () =>
      assert.equal(compileCondition(conditionSection.parse(written))(subject), false));

  it("is refused when it is nested too deep, or says nothing", () => {
    let deep: unknown = { stream: true };
    for (let depth = 0; depth < 12; depth += 1) deep = { not: deep };
    assert.equal(conditionSection.safeParse(deep).success, false);
    assert.equal(conditionSection.safeParse({}).success, false);
  });
});
