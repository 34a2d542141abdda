import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { modelForms, namesModel } from "../../../src/policy/model-forms.ts";

describe("namesModel()", () => {
  const same: readonly (readonly [rule: string, model: string])[] = [
    ["gpt-4.1", "gpt-4.1"],
    ["gpt-4.1", "gpt-4.1-2025-04-14"],
    ["gpt-4.1", "openai/gpt-4.1-2025-04-14"],
    ["gpt-4.1-2025-04-14", "gpt-4.1"],
    ["gpt-4.1-2025-04-14", "openai/gpt-4.1"],
    ["gpt-4", "gpt-4-0613"],
    ["gpt-4o", "gpt-4o-latest"],
    ["claude-opus-4", "claude-opus-4-0"],
    ["claude-opus-4", "us.anthropic.claude-opus-4-20250514-v1:0"],
    ["claude-opus-4", "anthropic.claude-opus-4-20250514-v1:0:48k"],
    ["claude-opus-4", "publishers/anthropic/models/claude-opus-4@20250514"],
    [
      "claude-opus-4",
      "arn:aws:bedrock:us-east-1:1:inference-profile/eu.anthropic.claude-opus-4-20250514-v1:0",
    ],
    ["gemini-2.5-flash", "models/gemini-2.5-flash-preview-05-20"],
    ["gemini-2.5-flash", "gemini-2.5-flash-001"],
    ["command-r", "command-r-08-2024"],
    ["openai/*", "openai/gpt-4.1"],
    ["gpt-4.1*", "openai/gpt-4.1-mini"],
  ];
  for (const [rule, model] of same)
    it(`takes ${model} for ${rule}`, () => assert.ok(namesModel(rule, model)));

  const others: readonly (readonly [rule: string, model: string])[] = [
    ["gpt-4.1", "gpt-4.1-mini"],
    ["gpt-4.1", "gpt-4"],
    ["gpt-4.1-mini", "gpt-4.1"],
    ["gpt-4o-2024-08-06", "gpt-4o-2024-05-13"],
    ["claude-opus-4", "claude-opus-4-5-20251101"],
    ["claude-opus-4", "us.anthropic.claude-opus-4-1-20250805-v1:0"],
    ["gpt-4", "llama3.1-gpt-4x"],
    ["openai/*", "gpt-4.1"],
  ];
  for (const [rule, model] of others)
    it(`does not take ${model} for ${rule}`, () => assert.ok(!namesModel(rule, model)));

  it("has few forms of a name, however long it is", () => {
    for (const part of ["-0", "/", "a.", "-20250929", "-v1", "us."])
      assert.ok(modelForms(part.repeat(1_000_000)).length <= 8);
    assert.ok(namesModel("gpt-4.1", `${"/".repeat(1_000_000)}gpt-4.1-2025-04-14`));
  });
});
