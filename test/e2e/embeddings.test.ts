import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import OpenAI from "openai";
import {
  type EmbeddingClient,
  embeddingClientNames,
  embeddingClients,
} from "../support/clients/embedding-clients.ts";
import { type TestStack, useTestStack } from "../support/stack/stack.ts";

const targets: Readonly<Record<string, string>> = {
  openai: "openai/text-embedding-3-small",
  gemini: "gemini/gemini-embedding-001",
  cohere: "cohere/embed-v4.0",
  amazon: "bedrock/amazon.titan-embed-text-v2:0",
  other: "bedrock/cohere.embed-v4:0",
};
const prefixes = ["", "titan-embed-", "cohere-embed-"];
const backend = (provider: string, path = "", more = "") =>
  `  ${provider}: { provider: ${provider}, endpoint: "{{alpha}}${path}", apiKey: "\${env:ALPHA_KEY}", price: { input: 1, output: 0 }${more} }`;
const config = `
version: 1
listen: { address: "127.0.0.1:0" }
server: { address: "unix:./run/t.sock" }
admin: { address: "127.0.0.1:0" }
backends:
${backend("openai", "/v1")}
${backend("gemini")}
${backend("cohere")}
${backend("bedrock", "", ", region: us-east-1")}
models:
${Object.entries(targets)
  .flatMap(([name, target]) =>
    prefixes.map((prefix) => `  "${prefix}by-${name}": { targets: ["${target}"] }`),
  )
  .join("\n")}
  twice: { targets: [cohere/embed-v4.0], fallback: ["bedrock/cohere.embed-v4:0"] }
identity:
  - { type: api-key, file: ./keys.yaml }
`;
const texts = ["How does a tollgate work?", "Who pays?", "How does a tollgate work?"];

describe("embeddings by every vendor's SDK from every vendor", () => {
  const running = useTestStack({ config });
  let stack: TestStack;
  let all: ReturnType<typeof embeddingClients>;

  before(() => {
    stack = running();
    all = embeddingClients(stack.baseUrl, "key-acme");
  });
  after(() => all.close());

  for (const [index, client] of embeddingClientNames.entries())
    for (const name of Object.keys(targets))
      it(`${client} gets vectors of ${name}, one for each text, and the record is the bill`, () =>
        gets(all.clients[index]!, name));

  async function gets(client: EmbeddingClient, name: string): Promise<void> {
    const count = name === "amazon" ? 1 : client.textsMax;
    let vectors: readonly (readonly number[])[] = [];
    await stack.idle();
    const record = await stack.recordOf(async () => {
      vectors = await client.embed(`${client.prefix}by-${name}`, texts.slice(0, count));
    });
    assert.equal(vectors.length, count);
    for (const vector of vectors) assert.ok(Math.abs(Math.hypot(...vector) - 1) < 1e-5);
    if (count === 3) {
      assert.deepEqual(vectors[0], vectors[2]);
      assert.notDeepEqual(vectors[0], vectors[1]);
    }
    const received = stack.alpha.received().at(-1);
    const billed = received?.billed?.inputTokens ?? 0;
    assert.equal(record.model_route, targets[name]);
    assert.equal(record.ending, "completed");
    assert.equal(record.output_tokens, 0);
    if (name === "gemini") assert.equal(record.usage_source, "counted");
    else {
      assert.equal(record.usage_source, "provider");
      assert.equal(record.input_tokens, billed);
      assert.equal(record.cost_nano_usd, String(billed * 1_000));
    }
  }

  it("gives OpenAI's SDK in base64 what it gives in numbers, to the last of 32 bits", async () => {
    const [base64, numbers] = all.clients;
    for (const name of Object.keys(targets)) {
      const [one = []] = await base64!.embed(`by-${name}`, texts.slice(0, 1));
      const [other = []] = await numbers!.embed(`by-${name}`, texts.slice(0, 1));
      assert.deepEqual([...one], other.map(Math.fround));
    }
  });

  it("falls back to the same model at another vendor, whose vectors are the same", async () => {
    const client = all.clients[1]!;
    const [first] = await client.embed("twice", texts.slice(0, 1));
    await stack.idle();
    stack.alpha.setFaults({ status: 503 }, 1);
    const record = await stack.recordOf(async () => {
      assert.deepEqual((await client.embed("twice", texts.slice(0, 1)))[0], first);
    });
    assert.equal(record.model_route, "bedrock/cohere.embed-v4:0");
    assert.equal((record.attempts as unknown[]).length, 2);
  });

  it("says what was left out, and which field no target can express", async () => {
    const openai = new OpenAI({ baseURL: stack.baseUrl, apiKey: "key-acme", maxRetries: 0 });
    const { response } = await openai.embeddings
      .create({ model: "by-cohere", input: texts[0]!, user: "u-1" })
      .withResponse();
    assert.equal(
      response.headers.get("x-tollgate-warning"),
      "user dropped, input_type set to search_document",
    );
    const asked = { input_type: "query" } as object;
    await openai.embeddings.create({ model: "by-cohere", input: texts[0]!, dimensions: 256, ...asked });
    const sent = JSON.parse(stack.alpha.received().at(-1)?.body ?? "");
    assert.deepEqual([sent.input_type, sent.output_dimension], ["search_query", 256]);
    const refusals = [
      [{ model: "by-amazon", input: texts }, "input"],
      [{ model: "by-gemini", input: [1, 2, 3] }, "input"],
      [{ model: "by-amazon", input: "a", dimensions: 300 }, "dimensions"],
    ] as const;
    for (const [body, param] of refusals)
      await assert.rejects(
        openai.embeddings.create({ ...body, input: [...body.input] as string[] }),
        (error) => error instanceof OpenAI.BadRequestError && error.param === param,
      );
  });

  for (const [index, client] of embeddingClientNames.entries())
    it(`${client} raises its own errors`, async () => {
      const { embed, prefix, statusOf } = all.clients[index]!;
      for (const name of Object.keys(targets)) {
        for (const [error, status] of [
          ["rate-limit", 429],
          // Google tells a bad key with a status of another meaning, which its own clients get.
          ["auth", name === "gemini" && client === "Gemini" ? 400 : 502],
        ] as const) {
          stack.stack.gateway.targetHealth.forget();
          stack.alpha.setFaults({ error }, 1);
          const failed = embed(`${prefix}by-${name}`, texts.slice(0, 1));
          await assert.rejects(failed, (raised) => {
            assert.equal(statusOf(raised), status, `${name} ${error}: ${String(raised)}`);
            assert.doesNotMatch(String(raised), /api.?key not valid|invalid.*(?:key|token)/i);
            return true;
          });
        }
      }
    });

  it("gives no vectors where an answer is broken, has an error inside or too few of them", async () => {
    const client = all.clients[0]!;
    // OpenAI's client gets its own provider's bytes as they are.
    const translated = Object.keys(targets).filter((name) => name !== "openai");
    for (const faults of [{ empty: "body" }, { errorEvent: 0 }, { empty: "content" }] as const)
      for (const name of translated) {
        stack.stack.gateway.targetHealth.forget();
        await stack.idle();
        stack.alpha.setFaults(faults, 1);
        const record = await stack.recordOf(() =>
          assert.rejects(
            client.embed(`by-${name}`, texts.slice(0, 1)),
            Error,
            `${name} ${JSON.stringify(faults)}`,
          ),
        );
        assert.match(String(record.ending), /^upstream_/);
      }
  });
});
