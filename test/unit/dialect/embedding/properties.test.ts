import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { GatewayError } from "../../../../src/core/errors.ts";
import type { Dialect } from "../../../../src/dialect/dialect.ts";
import type { EmbeddingRequest } from "../../../../src/dialect/embedding/embedding-request.ts";
import { parseObject } from "../../../../src/dialect/json-view.ts";
import { type AskedAs, embeddingProviders, embeddingRequests } from "../../../fixtures/embedding-cells.ts";
import {
  answerEmbeddings,
  askEmbeddings,
  embedders,
  embeddingFacts,
} from "../../../support/dialect/embeddings.ts";

/** What every format can say: one text, perhaps dimensions. */
const plainest = fc
  .record({
    text: fc.string({ minLength: 1, unit: "grapheme" }),
    dimensions: fc.option(fc.constantFrom(256, 512, 1024), { nil: undefined }),
  })
  .map(
    ({ text, dimensions }): EmbeddingRequest => ({
      texts: [text],
      dimensions,
      purpose: undefined,
      truncate: undefined,
      numbers: ["float"],
      normalized: undefined,
      uses: new Map(),
      dropped: [],
    }),
  );

/** A model of each format that has any dimensions asked for here. */
const models: Readonly<Record<string, string>> = { "bedrock-cohere": "cohere.embed-v4:0" };

describe("a request that every format can say", () => {
  for (const dialect of embedders) {
    it(`comes back from ${dialect.name} as it was`, () => {
      fc.assert(
        fc.property(plainest, (request) => {
          const { texts, dimensions, numbers } = thereAndBack(dialect, request);
          assert.deepEqual(
            { texts, dimensions, numbers },
            { texts: request.texts, dimensions: request.dimensions, numbers: request.numbers },
          );
        }),
        { numRuns: 200, seed: 11 },
      );
    });
  }
});

describe("a vector", () => {
  const numbers = fc.array(fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e30, max: 1e30 }), {
    minLength: 1,
    maxLength: 40,
  });
  const openai = embedders.find(({ name }) => name === "openai-embeddings")!;
  const providers = embedders.filter(({ name }) => name !== "openai-embeddings");

  it("is, digit by digit, what the provider wrote, or in base64 the nearest 32-bit floats", () => {
    fc.assert(
      fc.property(numbers, fc.constantFrom(...providers), fc.boolean(), (vector, upstream, base64) => {
        const format = base64 ? "base64" : "float";
        const asked = { path: "/v1/embeddings", body: { model: "m", input: "x", encoding_format: format } };
        const written = vector
          .map((number) => (Object.is(number, -0) ? "-0" : number.toExponential()))
          .join(" ,\n");
        const bytes = Buffer.from(shellOf(upstream, written));
        const got = answerEmbeddings(openai, upstream, embeddingFacts(openai, asked), [bytes]);
        assert.equal(got.seen.complete, true);
        if (!base64) {
          assert.ok(got.bytes.includes(`[${written}]`));
          return;
        }
        const [item] = JSON.parse(got.bytes.toString()).data;
        const floats = Buffer.from(item.embedding, "base64");
        assert.equal(floats.length, vector.length * 4);
        assert.deepEqual(
          vector.map((_, at) => floats.readFloatLE(at * 4)),
          vector.map(Math.fround),
        );
      }),
      { numRuns: 400, seed: 3 },
    );
  });

  it("is refused where one is missing, too many, empty, no number, or beyond 32 bits for base64", () => {
    const asked = { path: "/v1/embeddings", body: { model: "m", input: "x", encoding_format: "base64" } };
    const facts = embeddingFacts(openai, asked);
    for (const upstream of providers)
      for (const written of ["", '"a"', "null", "[1]", "1e39", "1,", "1 2", "{}", "NaN"]) {
        const { bytes, seen } = answerEmbeddings(openai, upstream, facts, [
          Buffer.from(shellOf(upstream, written)),
        ]);
        assert.equal(bytes.length, 0, written);
        assert.equal(seen.unreadable, true, written);
        assert.equal(seen.error?.code, "upstream_invalid", written);
      }
    const two = embeddingProviders["gemini-embed"]!.answer(2, {});
    const gemini = providers.find(({ name }) => name === "gemini-embed")!;
    const { seen } = answerEmbeddings(openai, gemini, facts, [Buffer.from(JSON.stringify(two))]);
    assert.match(String(seen.error?.message), /2 vectors for 1 texts/);
  });

  it("goes where its index says, however OpenAI orders them", () => {
    const gemini = embedders.find(({ name }) => name === "gemini-embed")!;
    const asked = embeddingRequests["gemini-embed"]!.texts!;
    const facts = embeddingFacts(gemini, asked);
    const answer = (indexes: readonly unknown[]) => {
      const data = indexes.map((index) => ({ index, embedding: [Number(index)] }));
      return answerEmbeddings(gemini, openai, facts, [Buffer.from(JSON.stringify({ data }))]);
    };
    assert.deepEqual(JSON.parse(answer([1, 0]).bytes.toString()), {
      embeddings: [{ values: [0] }, { values: [1] }],
    });
    for (const indexes of [
      [0, 0],
      [0, 2],
      [1, 2],
      [0, -1],
      [0, "1"],
      [0, 1e9],
    ])
      assert.equal(answer(indexes).seen.error?.code, "upstream_invalid", JSON.stringify(indexes));
  });
});

describe("requests and answers that make no sense", () => {
  for (const client of embedders) {
    it(`are refused or said, and never fail otherwise: ${client.name}`, () => {
      const samples = Object.values(embeddingRequests[client.name]!);
      fc.assert(
        fc.property(fc.constantFrom(...samples), fc.nat(), fc.jsonValue(), (sample, at, value) => {
          const asked = withOther(sample, at, value);
          for (const upstream of embedders) attempt(client, upstream, asked);
        }),
        { numRuns: 500, seed: 5 },
      );
    });

    it(`are answers or broken, and never fail otherwise: by ${client.name}`, () => {
      const openai = embedders[0]!;
      const facts = embeddingFacts(openai, embeddingRequests[openai.name]!.texts!);
      const answer = embeddingProviders[client.name]!.answer(2, { embedding_types: ["float"] });
      fc.assert(
        fc.property(fc.nat(), fc.jsonValue(), (at, value) => {
          const { body } = withOther({ path: "", body: answer }, at, value);
          const bytes = Buffer.from(JSON.stringify(body));
          const got = answerEmbeddings(openai, client, facts, [bytes]);
          assert.equal(got.seen.complete, got.seen.error === undefined);
          if (got.seen.complete) assert.equal(JSON.parse(got.bytes.toString()).data.length, 2);
          else assert.equal(got.bytes.length, 0);
        }),
        { numRuns: 300, seed: 7 },
      );
    });
  }
});

function thereAndBack(dialect: Dialect, request: EmbeddingRequest): EmbeddingRequest {
  const model = models[dialect.name] ?? embeddingProviders[dialect.name]!.model;
  const target = { model, stream: false, choices: 1, outputCap: 0, outputCapField: "" };
  const { body } = dialect.upstream!.encodeRequest(request, target);
  const written = parseObject(body.toString())!;
  const { name } = dialect.upstream!.operation(model, false);
  const facts = dialect.inspect(body, written.model === undefined ? { name, model } : { name });
  return dialect.client!.decodeRequest(written, facts) as EmbeddingRequest;
}

/** An answer of a format with one vector, its numbers as they are written here. */
function shellOf({ name }: Dialect, numbers: string): string {
  const answer = embeddingProviders[name]!.answer(1, { embedding_types: ["float"] });
  return JSON.stringify(answer).replace(/\[[\d.,e-]+\]/, () => `[${numbers}]`);
}

function attempt(client: Dialect, upstream: Dialect, asked: AskedAs): void {
  try {
    JSON.parse(askEmbeddings(client, upstream, asked).body.toString());
  } catch (error) {
    assert.ok(error instanceof GatewayError && error.status === 400, String((error as Error).stack));
  }
}

function withOther({ path, body }: AskedAs, at: number, value: unknown): AskedAs {
  const changed = structuredClone(body) as Record<string, unknown>;
  const places = placesOf(changed);
  const [owner, key] = places[at % places.length]!;
  owner[key] = value;
  return { path, body: changed };
}

/** Every member of every object and list in a value. */
function placesOf(value: unknown): (readonly [Record<string, unknown>, string])[] {
  if (typeof value !== "object" || value === null) return [];
  const owner = value as Record<string, unknown>;
  return Object.keys(owner).flatMap((key) => [[owner, key] as const, ...placesOf(owner[key])]);
}
