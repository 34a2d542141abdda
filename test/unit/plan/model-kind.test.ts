import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { keepsWork, workOfModel } from "../../../src/plan/model-kind.ts";

describe("the work of a model", () => {
  for (const [model, work] of [
    ["text-embedding-3-small", "embeddings"],
    ["cohere.embed-v4:0", "embeddings"],
    ["rerank-v3.5", "rerank"],
    ["bge-reranker-v2-m3", "rerank"],
    ["gpt-4o-mini", "text"],
    ["house-model", undefined],
  ] as const)
    it(`is ${work ?? "not known"} for ${model}`, () => assert.equal(workOfModel(model), work));
});

describe("a model in place of another", () => {
  for (const [work, named, used, kept] of [
    ["text", ["gpt-4o"], ["claude-sonnet-4-5"], true],
    ["text", ["gpt-4o"], ["house-model"], true],
    ["text", ["gpt-4o"], ["text-embedding-3-small"], false],
    ["embeddings", ["text-embedding-3-small"], ["gpt-4o"], false],
    ["embeddings", ["text-embedding-3-small"], ["text-embedding-3-large"], false],
    ["embeddings", ["text-embedding-3-small"], ["text-embedding-3-small"], true],
    ["embeddings", ["cohere.embed-v4:0"], ["embed-v4.0"], true],
    ["embeddings", ["bge-m3"], ["bge-m3", "house-model"], false],
    ["embeddings", [], ["text-embedding-3-small"], true],
    ["embeddings", [], ["house-model"], true],
    ["embeddings", [], ["gpt-4o"], false],
    ["rerank", ["rerank-v3.5"], ["gpt-4o"], false],
    ["rerank", ["rerank-v3.5"], ["rerank-v4"], true],
    ["rerank", ["house-model"], ["house-model"], true],
  ] as const)
    it(`${kept ? "may" : "may not"} answer ${work} of [${named}] by [${used}]`, () =>
      assert.equal(keepsWork(work, named, used), kept));
});
