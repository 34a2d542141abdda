import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { headersOf } from "../../../src/core/headers.ts";
import { bedrockInputTokens } from "../../../src/dialect/bedrock-usage.ts";
import { answerEmbeddings, embedders, embeddingFacts } from "../../support/dialect/embeddings.ts";

describe("bedrockInputTokens()", () => {
  it("reads Bedrock's header, and takes nothing else for a count", () => {
    const told = (value: string) =>
      bedrockInputTokens(headersOf({ "x-amzn-bedrock-input-token-count": value }));
    assert.equal(told("12"), 12);
    for (const value of ["", "-1", "1.5", "1e3", "x", "9".repeat(16)]) assert.equal(told(value), undefined);
    assert.equal(bedrockInputTokens(headersOf({})), undefined);
  });

  it("is what embeddings of Cohere's models cost there, whose answers do not say", () => {
    const cohere = embedders.find(({ name }) => name === "bedrock-cohere")!;
    const openai = embedders.find(({ name }) => name === "openai-embeddings")!;
    const facts = embeddingFacts(openai, { path: "/v1/embeddings", body: { model: "m", input: "x" } });
    const answer = Buffer.from('{"embeddings":{"float":[[1]]}}');
    const headers = { "x-amzn-bedrock-input-token-count": "12" };
    const { seen, bytes } = answerEmbeddings(openai, cohere, facts, [answer], headers);
    assert.deepEqual(seen.usage, { inputTokens: 12, outputTokens: 0 });
    assert.equal(JSON.parse(bytes.toString()).usage.prompt_tokens, 12);
    const untold = answerEmbeddings(openai, cohere, facts, [answer]);
    assert.equal(untold.seen.usage, undefined);
    assert.equal(JSON.parse(untold.bytes.toString()).usage.prompt_tokens, 11, "what was counted here");
  });
});
