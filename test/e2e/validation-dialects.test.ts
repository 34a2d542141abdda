import assert from "node:assert/strict";
import { beforeEach, describe, it } from "node:test";
import type { ReceivedEntry } from "../../src/fake/journal.ts";
import { ask, chatBody } from "../support/clients/chat.ts";
import { Random } from "../support/core/random.ts";
import { useTestStack } from "../support/stack/stack.ts";

const backend = (name: string, provider: string, endpoint: string, more = ""): string =>
  `  ${name}: { provider: ${provider}, endpoint: "${endpoint}", apiKey: "\${env:ALPHA_KEY}", price: { input: 1, output: 2 }${more} }`;

/** Every vendor's format at alpha, checked by the schema that the request asks for; beta answers where that fails. */
const config = `
version: 1
listen: { address: "127.0.0.1:0" }
server: { address: "unix:./run/t.sock" }
admin: { address: "127.0.0.1:0" }
backends:
${backend("openai", "openai", "{{alpha}}/v1")}
${backend("anthropic", "anthropic", "{{alpha}}")}
${backend("bedrock", "bedrock", "{{alpha}}", ", region: eu-central-1")}
${backend("gemini", "gemini", "{{alpha}}")}
  beta: { provider: openai-compatible, endpoint: "{{beta}}/v1", apiKey: "\${env:BETA_KEY}", price: { input: 3, output: 4 } }
models:
  openai: { targets: [openai/m, beta/m], validate: { jsonSchema: auto, complete: true } }
  anthropic: { targets: [anthropic/m, beta/m], validate: { jsonSchema: auto, complete: true } }
  bedrock: { targets: [bedrock/m, beta/m], validate: { jsonSchema: auto, complete: true } }
  gemini: { targets: [gemini/m, beta/m], validate: { jsonSchema: auto, complete: true } }
  claude: { targets: [bedrock/anthropic.m], validate: { jsonSchema: auto } }
  half: { targets: [openai/m, beta/m], validate: { json: true } }
identity: [{ type: api-key, file: ./keys.yaml }]
retries: { atLeastPerSecond: 1000 }
`;

const good = '{"toll":3}';
const bad = '{"toll":"three"}';
const schema = { type: "object", properties: { toll: { type: "integer" } }, required: ["toll"] };
const prompt = "How much is the toll?";

interface Request {
  readonly path: string;
  readonly body: object;
}

/** The same wish in each format that clients speak. */
const clients: Readonly<Record<string, (model: string, stream: boolean) => Request>> = {
  "openai-chat": (model, stream) => ({
    path: "/v1/chat/completions",
    body: {
      model,
      stream,
      messages: [{ role: "user", content: prompt }],
      response_format: { type: "json_schema", json_schema: { name: "toll", schema } },
    },
  }),
  "openai-responses": (model, stream) => ({
    path: "/v1/responses",
    body: {
      model,
      stream,
      input: prompt,
      text: { format: { type: "json_schema", name: "toll", schema } },
    },
  }),
  "anthropic-messages": (model, stream) => ({
    path: "/v1/messages",
    body: { model, stream, ...claudeBody },
  }),
  "bedrock-converse": (model, stream) => ({
    path: `/model/${model}/converse${stream ? "-stream" : ""}`,
    body: {
      messages: [{ role: "user", content: [{ text: prompt }] }],
      outputConfig: {
        textFormat: {
          type: "json_schema",
          structure: { jsonSchema: { name: "toll", schema: JSON.stringify(schema) } },
        },
      },
    },
  }),
  "gemini-generate": (model, stream) => ({
    path: `/v1beta/models/${model}:${stream ? "streamGenerateContent?alt=sse" : "generateContent"}`,
    body: {
      contents: [{ role: "user", parts: [{ text: prompt }] }],
      generationConfig: { responseMimeType: "application/json", responseJsonSchema: schema },
    },
  }),
};

const claudeBody = {
  max_tokens: 100,
  messages: [{ role: "user", content: prompt }],
  output_config: { format: { type: "json_schema", schema } },
};

interface Attempt {
  readonly failed_rules?: string;
  readonly cost_nano_usd: string;
}

/** What an entry of a journal costs, in nano-dollars. */
function costOf(entry: ReceivedEntry | undefined, input: number, output: number): bigint {
  const { inputTokens = 0, outputTokens = 0 } = entry?.billed ?? {};
  return BigInt(inputTokens * input * 1_000 + outputTokens * output * 1_000);
}

describe("answers checked by the schema that a request asks for", () => {
  const running = useTestStack({ config });
  beforeEach(() => {
    running().alpha.reset();
    running().beta.reset();
    running().stack.gateway.targetHealth.forget();
    running().alpha.setFaults({ text: bad });
    running().beta.setFaults({ text: good });
  });
  const send = ({ path, body }: Request) =>
    ask(running().stack.listenUrl, JSON.stringify(body), {
      path,
      headers: { "anthropic-version": "2023-06-01" },
    });

  for (const [client, request] of Object.entries(clients))
    for (const upstream of ["openai", "anthropic", "bedrock", "gemini"])
      it(`never reach a client of ${client} where ${upstream}'s fail`, async () => {
        for (const stream of [false, true]) {
          running().alpha.reset();
          running().beta.reset();
          running().alpha.setFaults({ text: bad });
          running().beta.setFaults({ text: good });
          const answer = await send(request(upstream, stream));
          assert.equal(answer.status, 200, answer.text);
          assert.equal(answer.headers.get("x-tollgate-backend"), "beta");
          assert.doesNotMatch(answer.text, /three/);
          const record = await running().record(answer.exchange);
          assert.equal(record.validation_result, "passed");
          assert.equal(record.validation_rules, "complete,jsonSchema");
          const [first, second] = record.attempts as readonly Attempt[];
          assert.equal(first?.failed_rules, "jsonSchema");
          assert.equal(first?.cost_nano_usd, String(costOf(running().alpha.received()[0], 1, 2)));
          assert.equal(second?.cost_nano_usd, String(costOf(running().beta.received()[0], 3, 4)));
          assert.notEqual(first?.cost_nano_usd, "0");
        }
      });

  it("are told as failed in the format of Bedrock's own bodies, too", async () => {
    const body = { anthropic_version: "bedrock-2023-05-31", ...claudeBody };
    for (const path of ["/model/claude/invoke", "/model/claude/invoke-with-response-stream"]) {
      const answer = await send({ path, body });
      assert.equal(answer.status, 502, answer.text);
      assert.match(answer.text, /failed jsonSchema/);
      assert.doesNotMatch(answer.text, /three/);
    }
  });

  it("are nothing a client ever sees where a random half of them is broken", async () => {
    const random = new Random(8);
    let costNanoUsd = 0n;
    const records = [];
    for (let count = 0; count < 40; count += 1) {
      running().alpha.setFaults({ text: random.once(2) ? '{"toll":3' : good });
      const answer = await ask(running().baseUrl, chatBody({ model: "half", stream: random.once(2) }));
      assert.equal(answer.status, 200);
      assert.match(answer.text, /"content":"|toll/);
      records.push(await running().record(answer.exchange));
    }
    for (const record of records) {
      assert.equal(record.validation_result, "passed");
      costNanoUsd += BigInt(String(record.cost_nano_usd));
    }
    const again = records.filter((record) => record.fallback_reason === "quality").length;
    assert.equal(again, running().beta.received().length);
    assert.ok(again > 8 && again < 32, `${again}`);
    const billed =
      running()
        .alpha.received()
        .reduce((sum, entry) => sum + costOf(entry, 1, 2), 0n) +
      running()
        .beta.received()
        .reduce((sum, entry) => sum + costOf(entry, 3, 4), 0n);
    assert.equal(costNanoUsd, billed);
    await running().idle();
    assert.equal(await running().metric("tollgate_bugs_total"), 0);
  });
});
