import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { DialectName } from "../../../src/dialect/dialect.ts";
import { dialects } from "../../../src/dialect/index.ts";

const schema = { type: "object", properties: { name: { type: "string" } } };

/** The same wish in each format that can have it. */
const wishes: readonly (readonly [dialect: DialectName, body: object])[] = [
  ["openai-chat", { response_format: { type: "json_schema", json_schema: { name: "n", schema } } }],
  ["openai-responses", { text: { format: { type: "json_schema", name: "n", schema } } }],
  ["anthropic-messages", { output_config: { format: { type: "json_schema", schema } } }],
  ["anthropic-messages", { output_format: { type: "json_schema", schema } }],
  ["bedrock-invoke", { output_config: { format: { type: "json_schema", schema } } }],
  [
    "bedrock-converse",
    {
      outputConfig: {
        textFormat: {
          type: "json_schema",
          structure: { jsonSchema: { name: "n", schema: JSON.stringify(schema) } },
        },
      },
    },
  ],
  [
    "gemini-generate",
    { generationConfig: { responseMimeType: "application/json", responseJsonSchema: schema } },
  ],
  [
    "gemini-generate",
    {
      generation_config: {
        response_mime_type: "application/json",
        response_schema: { type: "OBJECT", properties: { name: { type: "STRING" } } },
      },
    },
  ],
];

function asked(name: DialectName, body: object) {
  const dialect = dialects.find((one) => one.name === name);
  return dialect?.outputFormat?.(Buffer.from(JSON.stringify({ model: "m", ...body })));
}

describe("the form a request wants its answer in", () => {
  for (const [name, body] of wishes) {
    it(`is read from ${name}'s ${JSON.stringify(body).slice(0, 60)}`, () => {
      const format = asked(name, body);
      assert.equal(format?.kind, "schema");
      assert.deepEqual(format?.kind === "schema" ? format.schema : undefined, schema);
    });
  }

  it("may be JSON of any kind", () => {
    assert.deepEqual(asked("openai-chat", { response_format: { type: "json_object" } }), { kind: "json" });
    assert.deepEqual(asked("openai-responses", { text: { format: { type: "json_object" } } }), {
      kind: "json",
    });
    assert.deepEqual(
      asked("gemini-generate", { generationConfig: { responseMimeType: "application/json" } }),
      { kind: "json" },
    );
  });

  it("is none where none is asked for, or what is asked for is the provider's to refuse", () => {
    for (const { name, outputFormat } of dialects) {
      if (outputFormat === undefined) continue;
      for (const body of [
        {},
        { response_format: { type: "text" }, text: { verbosity: "low" } },
        { response_format: 3, text: 3, output_config: 3, outputConfig: 3, generationConfig: 3 },
        { response_format: { type: "grammar" }, text: { format: { type: "grammar" } } },
      ])
        assert.equal(asked(name, body), undefined, name);
    }
  });
});
