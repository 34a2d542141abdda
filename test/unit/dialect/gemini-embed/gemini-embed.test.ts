import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Operation } from "../../../../src/dialect/dialect.ts";
import { geminiEmbed } from "../../../../src/dialect/gemini-embed/gemini-embed.ts";

const model = "gemini-embedding-001";
const batch: Operation = { name: "embed_batch", model, stream: false };
const request = { model: `models/${model}`, content: { parts: [{ text: "a" }] } };
const body = Buffer.from(JSON.stringify({ requests: [request, request] }));

describe("match()", () => {
  it("takes Gemini's paths of embeddings, and no other", () => {
    const match = (action: string) => geminiEmbed.match("POST", `/v1beta/models/${model}:${action}`);
    assert.deepEqual(match("embedContent"), { name: "embed", model, stream: false });
    assert.deepEqual(match("batchEmbedContents"), batch);
    assert.equal(match("generateContent"), undefined);
    assert.equal(geminiEmbed.match("GET", `/v1beta/models/${model}:embedContent`), undefined);
  });
});

describe("inspect()", () => {
  it("counts every request of a batch, each of which has a vector, and none of which generates", () => {
    const facts = geminiEmbed.inspect(body, batch);
    assert.equal(facts.text.length, 2);
    assert.equal(facts.messages, 2);
    assert.equal(facts.parts.messages, 0);
    assert.equal(facts.outputCap, 0);
  });
});

describe("splice()", () => {
  it("writes the target's model wherever the body repeats it", () => {
    const edits = { model: "other", outputCap: 5, outputCapField: "maxOutputTokens" };
    const written = geminiEmbed.splice(body, geminiEmbed.inspect(body, batch), edits);
    const changed = { ...request, model: "models/other" };
    assert.deepEqual(JSON.parse(written.toString()), { requests: [changed, changed] });
  });
});
