import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { counterOf } from "../../../src/tokens/models/families.ts";

describe("counterOf()", () => {
  const families: readonly [model: string, counter: string][] = [
    ["gpt-4o-mini-2024-07-18", "o200k_base"],
    ["openai/gpt-4.1", "o200k_base"],
    ["ft:gpt-4o:acme::abc", "o200k_base"],
    ["gpt-5.2-codex", "o200k_base"],
    ["o3-mini", "o200k_base"],
    ["gpt-4-turbo", "cl100k_base"],
    ["gpt-35-turbo", "cl100k_base"],
    ["text-embedding-3-small", "cl100k_base"],
    ["us.anthropic.claude-sonnet-4-5-20250929-v1:0", "claude"],
    ["claude-opus-4-6", "claude"],
    ["claude-sonnet-5-5", "claude-opus-4-7"],
    ["claude-haiku-5-5", "claude-opus-4-7"],
    ["us.anthropic.claude-mythos-5", "claude-opus-4-7"],
    ["models/gemini-2.5-flash", "gemini"],
    ["meta.llama3-70b-instruct-v1:0", "llama"],
    ["mistral-large-latest", "mistral"],
    ["Qwen/Qwen3-32B", "qwen"],
    ["deepseek-ai/DeepSeek-V3", "deepseek"],
    ["amazon.nova-pro-v1:0", "nova"],
    ["command-r-plus", "cohere"],
    ["my-own-model", "unknown"],
    ["", "unknown"],
  ];
  for (const [model, name] of families) {
    it(`counts ${JSON.stringify(model)} by ${name}`, () => assert.equal(counterOf("any", model).name, name));
  }

  it("goes by the provider when the name says nothing", () => {
    assert.equal(counterOf("azure-openai", "prod-chat").name, "openai");
    assert.equal(counterOf("anthropic", "next").name, "claude-opus-4-7");
    assert.equal(counterOf("constructor", "next").name, "unknown");
  });

  it("is exact for known vocabularies and says by how much an estimate may be wrong", () => {
    assert.equal(counterOf("openai", "gpt-4o").count("Hello, world!"), 4);
    assert.equal(counterOf("openai", "gpt-4o").safetyFactor, 1);
    assert.ok(counterOf("anthropic", "claude-opus-4-5").safetyFactor > 1);
  });

  it("gives one object for a family", () => {
    assert.equal(counterOf("openai", "gpt-4o"), counterOf("azure", "gpt-4.1"));
  });
});
