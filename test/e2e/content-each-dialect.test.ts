import assert from "node:assert/strict";
import { before, beforeEach, describe, it } from "node:test";
import type { Faults } from "../../src/fake/faults.ts";
import { type TestStack, useTestStack } from "../support/stack/stack.ts";

const providers: Readonly<Record<string, string>> = {
  openai: "gpt-4.1",
  anthropic: "claude-sonnet-4-5",
  gemini: "gemini-2.5-flash",
  bedrock: "anthropic.claude-haiku-4-5-20251001-v1:0",
};
const backend = (name: string, provider: string) => {
  const path = provider === "openai" ? "/v1" : "";
  const region = provider === "bedrock" ? ", region: eu-central-1" : "";
  return `  ${name}-${provider}: { provider: ${provider}, endpoint: "{{${name}}}${path}", apiKey: "\${env:${name.toUpperCase()}_KEY}", price: { input: 1, output: 2 }${region} }`;
};
const names = Object.keys(providers);
const config = `
version: 1
listen: { address: "127.0.0.1:0" }
server: { address: "unix:./run/t.sock" }
admin: { address: "127.0.0.1:0" }
retries: { atLeastPerSecond: 1000 }
backends:
${names.flatMap((provider) => [backend("alpha", provider), backend("beta", provider)]).join("\n")}
models:
${names.map((one) => `  ${one}: { targets: ["alpha-${one}/${providers[one]}", "beta-${one}/${providers[one]}"], timeouts: { attempt: 3s, firstToken: 3s } }`).join("\n")}
  claude-on-bedrock: { targets: ["alpha-bedrock/${providers.bedrock}", "beta-bedrock/${providers.bedrock}"], timeouts: { attempt: 3s, firstToken: 3s } }
  instruct: { targets: [alpha-openai/gpt-3.5-turbo-instruct, beta-openai/gpt-3.5-turbo-instruct], timeouts: { attempt: 3s, firstToken: 3s } }
identity: [{ type: api-key, file: ./keys.yaml }]
`;

/** How one dialect is asked, without an SDK that could hide what came. */
interface Asked {
  readonly whole: string;
  readonly streamed: string;
  readonly body: object;
  /** Whether the body says that a stream is wanted. */
  readonly saysStream?: true;
}

const prompt = "How does a tollgate work?";
const claude = { max_tokens: 50, messages: [{ role: "user", content: prompt }] };
const asked: Readonly<Record<string, Asked>> = {
  "openai-responses": inBody("/v1/responses", { model: "openai", input: prompt }),
  "openai-completions": inBody("/v1/completions", { model: "instruct", prompt, max_tokens: 50 }),
  "anthropic-messages": inBody("/v1/messages", { model: "anthropic", ...claude }),
  "bedrock-converse": {
    whole: "/model/claude-on-bedrock/converse",
    streamed: "/model/claude-on-bedrock/converse-stream",
    body: { messages: [{ role: "user", content: [{ text: prompt }] }] },
  },
  "bedrock-invoke": {
    whole: "/model/claude-on-bedrock/invoke",
    streamed: "/model/claude-on-bedrock/invoke-with-response-stream",
    body: { anthropic_version: "bedrock-2023-05-31", ...claude },
  },
  "gemini-generate": {
    whole: "/v1beta/models/gemini:generateContent",
    streamed: "/v1beta/models/gemini:streamGenerateContent?alt=sse",
    body: { contents: [{ role: "user", parts: [{ text: prompt }] }] },
  },
};

function inBody(path: string, body: object): Asked {
  return { whole: path, streamed: path, body, saysStream: true };
}

const faults: readonly (readonly [string, Faults])[] = [
  ["is cut", { cutAfter: 0 }],
  ["holds bad JSON", { badJson: 0 }],
  ["holds an error", { errorEvent: 0 }],
  ["is empty", { empty: "body" }],
  ["has no content", { empty: "content" }],
  ["stalls", { stallAfter: 0 }],
  ["is reset", { reset: "after-headers" }],
];

describe("an answer that breaks before its first content", () => {
  const running = useTestStack({ config });
  let stack: TestStack;
  before(() => {
    stack = running();
  });
  beforeEach(() => {
    stack.alpha.reset();
    stack.beta.reset();
    stack.stack.gateway.targetHealth.forget();
  });

  async function assertFallsBack(
    { whole, streamed, body, saysStream }: Asked,
    stream: boolean,
  ): Promise<void> {
    const response = await fetch(`${stack.stack.listenUrl}${stream ? streamed : whole}`, {
      method: "POST",
      headers: {
        authorization: "Bearer key-acme",
        "content-type": "application/json",
        "anthropic-version": "2023-06-01",
      },
      body: JSON.stringify(saysStream ? { ...body, stream } : body),
    });
    const text = await response.text();
    assert.equal(response.status, 200, `${whole}: ${text}`);
    const record = await stack.record(response.headers.get("x-tollgate-exchange-id"));
    assert.equal(record.ending, "completed", text);
    assert.match(String(record.model_route), /^beta-/);
    assert.equal((record.attempts as readonly unknown[]).length, 2);
    // What the client was given is what the second provider made, and billed.
    assert.equal(record.usage_source, "provider");
    assert.ok(stack.beta.received().some(({ billed }) => billed?.outputTokens === record.output_tokens));
  }

  for (const [title, fault] of faults)
    it(`and ${title} is the next backend's, streamed and whole, in every dialect`, async () => {
      stack.alpha.setFaults(fault);
      const ways = Object.values(asked);
      await Promise.all(ways.flatMap((way) => [true, false].map((stream) => assertFallsBack(way, stream))));
      assert.equal(stack.alpha.received().length, 2 * ways.length);
      assert.equal(stack.beta.received().length, 2 * ways.length);
    });

  it("leaves nothing open, and met no bug", async () => {
    await stack.idle();
    assert.equal(await stack.metric("tollgate_bugs_total"), 0);
  });
});
