import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { openaiCompletions } from "../../../../src/dialect/openai-completions/openai-completions.ts";
import { openaiEmbeddings } from "../../../../src/dialect/openai-embeddings/openai-embeddings.ts";

function completions(members: string) {
  return openaiCompletions.inspect(Buffer.from(`{"model":"m",${members}}`), { name: "completions" });
}

describe("inspect() of completions", () => {
  it("counts every answer that is billed: of each prompt, as many as are chosen from", () => {
    assert.equal(completions('"prompt":"a"').choices, 1);
    assert.equal(completions('"prompt":["a","b"],"n":3').choices, 6);
    assert.equal(completions('"prompt":["a","b"],"n":1,"best_of":5').choices, 10);
    assert.equal(completions('"prompt":[1,2,3],"n":2').choices, 2);
    assert.equal(completions('"prompt":[[1,2],[3]],"n":2').choices, 4);
  });
});

describe("inspect() of embeddings", () => {
  it("takes token ids for what they are: exactly one token each", () => {
    const inspect = (input: string) =>
      openaiEmbeddings.inspect(Buffer.from(`{"model":"m","input":${input}}`), { name: "embeddings" });
    assert.deepEqual([inspect("[1,2,3]").parts.otherTokens, inspect("[1,2,3]").text.length], [3, 0]);
    assert.equal(inspect("[[1,2],[3]]").parts.otherTokens, 3);
    assert.deepEqual([inspect('["a","b"]').parts.otherTokens, inspect('["a","b"]').text.length], [0, 2]);
  });
});
