import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { embeds, vectorSpaceOf } from "../../../src/plan/vector-space.ts";

describe("vectorSpaceOf()", () => {
  const same: readonly (readonly string[])[] = [
    ["embed-v4.0", "cohere.embed-v4:0", "us.cohere.embed-v4:0"],
    ["embed-english-v3.0", "cohere.embed-english-v3"],
    ["amazon.titan-embed-text-v2:0", "titan-embed-text-v2"],
    ["BAAI/bge-m3", "bge-m3", "bge-m3:latest"],
  ];
  for (const [first = "", ...others] of same)
    it(`knows ${first} by the names of its hosts`, () => {
      for (const other of others) assert.equal(vectorSpaceOf(other), vectorSpaceOf(first));
    });

  it("tells models apart, and versions of one", () => {
    const names = [
      "text-embedding-3-small",
      "text-embedding-3-large",
      "text-embedding-ada-002",
      "gemini-embedding-001",
      "gemini-embedding-2",
      "embed-english-v3.0",
      "embed-multilingual-v3.0",
      "embed-english-v2.0",
      "amazon.titan-embed-text-v1",
      "amazon.titan-embed-text-v2:0",
    ];
    assert.equal(new Set(names.map(vectorSpaceOf)).size, names.length);
  });
});

describe("embeds()", () => {
  it("knows by name what embeds", () => {
    for (const name of ["text-embedding-3-small", "us.cohere.embed-v4:0", "BAAI/bge-m3", "voyage-3-large"])
      assert.ok(embeds(name), name);
    for (const name of ["gpt-4o", "claude-sonnet-4-5", "bge-reranker-v2-m3", "voyage-rerank-2", "o3"])
      assert.ok(!embeds(name), name);
  });
});
