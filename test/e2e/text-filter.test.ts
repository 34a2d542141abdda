import assert from "node:assert/strict";
import { afterEach, before, describe, it } from "node:test";
import { GatewayError } from "../../src/core/errors.ts";
import type { MakeTextFilter } from "../../src/dialect/filter/text-filter.ts";
import { passAnswer } from "../support/dialect/passed-answers.ts";
import { readable } from "../support/dialect/readable-text.ts";
import { scriptedFormats } from "../support/dialect/scripted-answers.ts";
import { holdAll, wordFilter } from "../support/dialect/word-filter.ts";
import { type TestStack, useTestStack } from "../support/stack/stack.ts";

const models: Readonly<Record<string, string>> = {
  openai: "gpt-4.1",
  anthropic: "claude-sonnet-4-5",
  gemini: "gemini-2.5-flash",
  bedrock: "anthropic.claude-haiku-4-5-20251001-v1:0",
};
const backend = (provider: string) => {
  const path = provider === "openai" ? "/v1" : "";
  const region = provider === "bedrock" ? ", region: eu-central-1" : "";
  return `  ${provider}: { provider: ${provider}, endpoint: "{{alpha}}${path}", apiKey: "\${env:ALPHA_KEY}", price: { input: 1, output: 2 }${region} }`;
};
const config = `
version: 1
listen: { address: "127.0.0.1:0" }
server: { address: "unix:./run/t.sock" }
admin: { address: "127.0.0.1:0" }
backends:
${Object.keys(models).map(backend).join("\n")}
models:
${Object.entries(models)
  .map(([provider, model]) => `  claude-${provider}: { targets: ["${provider}/${model}"] }`)
  .join("\n")}
  instruct: { targets: [openai/gpt-3.5-turbo-instruct] }
identity: [{ type: api-key, file: ./keys.yaml }]
`;

/** The way a dialect is asked for an answer. */
interface Way {
  readonly dialect: string;
  readonly model: string;
  readonly stream: boolean;
  readonly path: string;
  readonly body: object;
}

const prompt = "Which bird is it?";
const user = [{ role: "user", content: prompt }];

function wayOf(dialect: string, model: string, stream: boolean): Way {
  const way = { dialect, model, stream };
  switch (dialect) {
    case "openai-responses":
      return { ...way, path: "/v1/responses", body: { model, input: prompt, stream } };
    case "openai-completions":
      return { ...way, path: "/v1/completions", body: { model, prompt, max_tokens: 500, stream } };
    case "anthropic-messages":
      return { ...way, path: "/v1/messages", body: { model, max_tokens: 500, messages: user, stream } };
    case "bedrock-converse": {
      const body = { messages: [{ role: "user", content: [{ text: prompt }] }] };
      return { ...way, path: `/model/${model}/converse${stream ? "-stream" : ""}`, body };
    }
    case "bedrock-invoke": {
      const body = { anthropic_version: "bedrock-2023-05-31", max_tokens: 500, messages: user };
      return { ...way, path: `/model/${model}/invoke${stream ? "-with-response-stream" : ""}`, body };
    }
    case "gemini-generate": {
      const method = stream ? "streamGenerateContent?alt=sse" : "generateContent";
      return {
        ...way,
        path: `/v1beta/models/${model}:${method}`,
        body: { contents: [{ role: "user", parts: [{ text: prompt }] }] },
      };
    }
    default:
      return { ...way, path: "/v1/chat/completions", body: { model, messages: user, stream } };
  }
}

const chatDialects = [
  "openai-chat",
  "openai-responses",
  "anthropic-messages",
  "bedrock-converse",
  "gemini-generate",
];
const ways: readonly Way[] = [true, false].flatMap((stream) => [
  ...chatDialects.flatMap((dialect) =>
    Object.keys(models).map((provider) => wayOf(dialect, `claude-${provider}`, stream)),
  ),
  wayOf("openai-completions", "instruct", stream),
  wayOf("bedrock-invoke", "claude-bedrock", stream),
]);

const word = "gyrfalcon-Ünï😀";
const other = 'the "kite"';
const text = `A ${word} flies, and another ${word}; gyrfal, at last ${word}`;

/** The text of an answer as its client reads it. */
function saidIn({ dialect, stream }: Way, bytes: Buffer): string | undefined {
  const format = scriptedFormats.find(({ name }) => name === dialect);
  assert.ok(format !== undefined);
  return passAnswer(format, stream, [bytes]).read.texts["answer/0"];
}

describe("a filter of answers' texts", () => {
  let filter: MakeTextFilter | undefined;
  const running = useTestStack({ config, filterOf: () => filter });
  let stack: TestStack;
  before(() => {
    stack = running();
  });
  afterEach(() => {
    stack.alpha.reset();
    filter = undefined;
  });

  async function ask({ path, body }: Way) {
    const response = await fetch(`${stack.stack.listenUrl}${path}`, {
      method: "POST",
      headers: {
        authorization: "Bearer key-acme",
        "content-type": "application/json",
        "anthropic-version": "2023-06-01",
      },
      body: JSON.stringify(body),
    });
    const bytes = Buffer.from(await response.arrayBuffer());
    const record = await stack.record(response.headers.get("x-tollgate-exchange-id"));
    return { status: response.status, bytes, record };
  }

  it("replaces a word that is cut across events and pieces in every dialect, passed and translated, and leaves the bill", async () => {
    filter = () => wordFilter(word, other);
    stack.alpha.setFaults({ text, chunkBytes: 16 });
    await Promise.all(
      ways.map(async (way) => {
        const { status, bytes, record } = await ask(way);
        const where = `${way.dialect} of ${way.model}, ${way.stream ? "streamed" : "whole"}`;
        assert.equal(status, 200, `${where}: ${bytes}`);
        assert.equal(saidIn(way, bytes), text.replaceAll(word, other), where);
        assert.equal(record.ending, "completed", where);
        assert.equal(record.usage_source, "provider", where);
        assert.ok(
          stack.alpha.received().some(({ billed }) => billed?.outputTokens === record.output_tokens),
          where,
        );
      }),
    );
  });

  it("may hold everything back until the answer's end", async () => {
    filter = holdAll;
    stack.alpha.setFaults({ text });
    await Promise.all(
      ways.map(async (way) => {
        const { status, bytes, record } = await ask(way);
        assert.equal(status, 200);
        assert.equal(saidIn(way, bytes), text, `${way.dialect} of ${way.model}`);
        assert.equal(record.ending, "completed");
      }),
    );
  });

  it("may block an answer: a stream ends with the dialect's error, a whole answer is refused, and what was made is billed", async () => {
    filter = () => ({
      holdBackCharsMax: 0,
      push(piece) {
        if (/falcon|Ü/.test(piece)) throw new GatewayError("forbidden", "this answer was blocked");
        return piece;
      },
      end: () => "",
    });
    stack.alpha.setFaults({ text });
    await Promise.all(
      ways.map(async (way) => {
        const { status, bytes, record } = await ask(way);
        const where = `${way.dialect} of ${way.model}, ${way.stream ? "streamed" : "whole"}: ${bytes}`;
        assert.equal(status, way.stream ? 200 : 403, where);
        const said = readable(way.dialect, way.stream, bytes);
        assert.ok(said.includes("this answer was blocked") && !said.includes("Ü"), where);
        assert.equal(record.ending, "cut_by_policy", where);
        assert.equal(record.error_code, "forbidden", where);
        assert.ok(Number(record.output_tokens) > 0, where);
      }),
    );
  });

  it("leaves nothing open, and met no bug", async () => {
    await stack.idle();
    assert.equal(await stack.metric("tollgate_bugs_total"), 0);
  });
});
