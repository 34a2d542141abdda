import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { AnswerCheck, type CheckResult } from "../../../src/validation/answer-check.ts";
import type { AskedFormat } from "../../../src/validation/rule-kind.ts";
import { type BoundRules, compileValidation, type Validation } from "../../../src/validation/validation.ts";
import { validationSection } from "../../../src/validation/validation-section.ts";
import { kindContext } from "../../support/core/kind-context.ts";

const whole = { finishReason: "stop", lengthStop: false };
const person = {
  type: "object",
  properties: { name: { type: "string" }, age: { type: "integer" } },
  required: ["name", "age"],
  additionalProperties: false,
};

function validation(written: object): Validation {
  return compileValidation(
    "m",
    validationSection.parse(written),
    refusing((why) => assert.fail(why)),
  );
}

/** What the rules make of an answer of one text. */
async function check(written: object, text: string, asked?: AskedFormat): Promise<CheckResult> {
  const answer = new AnswerCheck(await validation(written).rulesFor(asked, "acme"));
  answer.push(text, "answer", 0);
  return answer.finish(whole);
}

describe("a model's validate", () => {
  it("needs a rule, and knows no other key", async () => {
    assert.equal(validationSection.safeParse({}).success, false);
    assert.equal(validationSection.safeParse({ codeFence: true }).success, false);
    assert.equal(validationSection.safeParse({ complete: true, json: true }).success, true);
    assert.equal(validationSection.safeParse({ complete: true, jsno: true }).success, false);
    assert.equal(validationSection.safeParse({ complete: false }).success, false);
  });

  it("names its rules in the order they are checked", async () => {
    assert.deepEqual(validation({ json: true, complete: true }).names, ["complete", "json"]);
  });
});

describe("complete", () => {
  it("fails an answer that stopped at its cap, whatever it holds", async () => {
    const answer = new AnswerCheck(await validation({ complete: true }).rulesFor(undefined, "acme"));
    answer.push("get_weather", "call", 0);
    const result = await answer.finish({ finishReason: "length", lengthStop: true });
    assert.equal(result.result, "failed");
    assert.deepEqual(result.failed, ["complete"]);
    assert.equal((await check({ complete: true }, "as long as it likes")).result, "passed");
  });
});

describe("json", () => {
  const cases: readonly (readonly [text: string, plain: string, fenced: string])[] = [
    ['{"a": [1, 2]}', "passed", "passed"],
    [" 1 ", "passed", "passed"],
    ["", "failed", "failed"],
    ['{"a": [1, 2}', "failed", "failed"],
    ['{"a":1} and more', "failed", "failed"],
    ['{"a":1}{"b":2}', "failed", "failed"],
    ['```json\n{"a":1}\n```', "failed", "passed"],
    ['\n```\n{"a":1}```\n', "failed", "passed"],
    ['```yaml\n{"a":1}\n```', "failed", "failed"],
    ['Here it is:\n```json\n{"a":1}\n```', "failed", "failed"],
    ["```json\n```", "failed", "failed"],
    ["```", "failed", "failed"],
  ];
  for (const [text, plain, fenced] of cases) {
    it(`says ${plain} of ${JSON.stringify(text)}, ${fenced} where a code fence may be`, async () => {
      assert.equal((await check({ json: true }, text)).result, plain);
      assert.equal((await check({ json: true, codeFence: true }, text)).result, fenced);
    });
  }
});

describe("jsonSchema", () => {
  it("checks against the schema it is given", async () => {
    const written = { jsonSchema: person };
    assert.equal((await check(written, '{"name":"Ann","age":3}')).result, "passed");
    for (const text of ['{"name":"Ann"}', '{"name":"Ann","age":"3"}', '{"name":"Ann","age":3,"x":1}', "Ann"])
      assert.deepEqual((await check(written, text)).failed, ["jsonSchema"], text);
  });

  it("checks against the one that the request asks for, and nothing where it asks for none", async () => {
    const written = { jsonSchema: "auto" };
    const asked: AskedFormat = { kind: "schema", schema: person };
    assert.equal((await check(written, '{"name":"Ann","age":3}', asked)).result, "passed");
    assert.equal((await check(written, '{"name":"Ann"}', asked)).result, "failed");
    assert.equal((await check(written, "{}", { kind: "json" })).result, "passed");
    assert.equal((await check(written, "{", { kind: "json" })).result, "failed");
    assert.deepEqual((await check(written, "Ann")).skipped, []);
    assert.equal((await check(written, "Ann")).result, "skipped");
  });

  it("reads drafts 7 and 2020-12, whatever the schema says it is", async () => {
    const tuple = {
      $schema: "http://json-schema.org/draft-07/schema#",
      items: [{ type: "string" }],
      definitions: { one: { type: "string" } },
    };
    assert.equal((await check({ jsonSchema: tuple }, '["a"]')).result, "passed");
    assert.equal((await check({ jsonSchema: tuple }, "[1]")).result, "failed");
    const newer = {
      $schema: "https://json-schema.org/draft/2020-12/schema",
      prefixItems: [{ $ref: "#/$defs/one" }],
      $defs: { one: { type: "string" } },
    };
    assert.equal((await check({ jsonSchema: newer }, '["a"]')).result, "passed");
    assert.equal((await check({ jsonSchema: newer }, "[1]")).result, "failed");
  });

  it("skips a request's schema that cannot be read, and never asks anyone for the rest of it", async () => {
    for (const schema of [
      { type: "no such type" },
      { $ref: "https://elsewhere.example.com/schema.json" },
      { pattern: "(" },
      { $async: true, type: "string" },
      { description: "x".repeat(70_000) },
    ]) {
      const { result, skipped } = await check({ jsonSchema: "auto" }, "{}", { kind: "schema", schema });
      assert.equal(result, "skipped");
      assert.deepEqual(skipped, ["jsonSchema"]);
    }
  });

  it("keeps one request's schema from being part of another's", async () => {
    const named = { $defs: { one: { $id: "https://a.example.com/one", type: "string" } }, type: "object" };
    assert.equal(
      (await check({ jsonSchema: "auto" }, "{}", { kind: "schema", schema: named })).result,
      "passed",
    );
    const other = { $ref: "https://a.example.com/one" };
    assert.equal(
      (await check({ jsonSchema: "auto" }, '"a"', { kind: "schema", schema: other })).result,
      "skipped",
    );
  });

  it("fails, saying so, where a schema and an answer together would take for ever, and the next one at once", async () => {
    // Each level tries the next one twice.
    const levels = Array.from({ length: 40 }, (_, level) => {
      const next = { $ref: `#/$defs/l${level + 1}` };
      return [`l${level}`, { anyOf: [next, next] }] as const;
    });
    const schema = { $defs: { ...Object.fromEntries(levels), l40: { type: "number" } }, $ref: "#/$defs/l0" };
    const text = '"no number"';
    const first = await check({ jsonSchema: "auto" }, text, { kind: "schema", schema });
    assert.equal(first.result, "failed");
    assert.equal(first.bound, "slow");
    const beganMs = performance.now();
    for (let again = 0; again < 20; again += 1)
      assert.equal((await check({ jsonSchema: "auto" }, text, { kind: "schema", schema })).bound, "slow");
    // Twenty times the bound would be 40 s; a worker has to be started anew.
    assert.ok(performance.now() - beganMs < 10_000);
  });

  it("decides at once where a schema's pattern would backtrack, and reads no schema whose pattern it could not match so", async () => {
    const schema = { properties: { text: { type: "string", pattern: "^(a+)+$" } } };
    const text = JSON.stringify({ text: `${"a".repeat(60_000)}!` });
    const { result, bound } = await check({ jsonSchema: "auto" }, text, { kind: "schema", schema });
    assert.deepEqual([result, bound], ["failed", undefined]);
    const lookahead = { type: "string", pattern: "^(?=a)" };
    const skipped = await check({ jsonSchema: "auto" }, '"a"', { kind: "schema", schema: lookahead });
    assert.deepEqual(skipped.skipped, ["jsonSchema"]);
  });

  it("tells a config why its schema is none", async () => {
    const problems: string[] = [];
    compileValidation(
      "m",
      validationSection.parse({ jsonSchema: { type: "no such type" } }),
      refusing((why) => problems.push(why)),
    );
    assert.equal(problems.length, 1);
    assert.match(problems[0] ?? "", /^jsonSchema is no JSON Schema that can be checked: .*no such type/);
  });
});

describe("AnswerCheck", () => {
  const json = validation({ json: true }).rulesFor(undefined, "acme") as BoundRules;

  it("joins the pieces of each answer, and fails if one of several does", async () => {
    const check = new AnswerCheck(json);
    for (const piece of ['{"a"', ":1}"]) check.push(piece, "answer", 0);
    for (const piece of ['{"b"', ":2}"]) check.push(piece, "answer", 1);
    assert.equal((await check.finish(whole)).result, "passed");
    const broken = new AnswerCheck(json);
    broken.push('{"a":1}', "answer", 0);
    broken.push('{"b":', "answer", 1);
    assert.equal((await broken.finish(whole)).result, "failed");
  });

  it("looks at the answer's words alone, not at what the model thought", async () => {
    const check = new AnswerCheck(json);
    check.push("let me think", "reasoning", 0);
    check.push("{}", "answer", 0);
    assert.equal((await check.finish(whole)).result, "passed");
  });

  it("skips what has no words of an answer: a call, with or without a word before it, or a refusal", async () => {
    const called = new AnswerCheck(json);
    called.push("get_weather", "call", 0);
    assert.equal((await called.finish({ finishReason: "tool_calls", lengthStop: false })).result, "skipped");
    const announced = new AnswerCheck(json);
    announced.push("Let me look.", "answer", 0);
    announced.push("get_weather", "call", 0);
    assert.equal(
      (await announced.finish({ finishReason: "tool_calls", lengthStop: false })).result,
      "skipped",
    );
    const refused = new AnswerCheck(json);
    refused.push("I cannot help with that.", "refusal", 0);
    assert.equal((await refused.finish(whole)).result, "skipped");
  });

  it("fails an answer without a word", async () => {
    assert.equal((await new AnswerCheck(json).finish(whole)).result, "failed");
  });

  it("fails what is too long to keep, and keeps no more of it", async () => {
    const check = new AnswerCheck(json);
    check.push("1", "answer", 0);
    for (let piece = 0; piece < 17; piece += 1) check.push(" ".repeat(65_536), "answer", 0);
    const result = await check.finish(whole);
    assert.equal(result.result, "failed");
    assert.equal(result.bound, "large");
  });
});

function refusing(told: (why: string) => void) {
  return kindContext({ refuse: (key: string, why: string) => told(`${key} ${why}`) });
}
