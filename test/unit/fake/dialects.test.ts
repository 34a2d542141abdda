import assert from "node:assert/strict";
import { after, afterEach, before, describe, it } from "node:test";
import { type FakeProvider, startFakeProvider } from "../../../src/fake/fake-provider.ts";
import type { Faults } from "../../../src/fake/faults.ts";
import { refusalKinds } from "../../../src/fake/refusal.ts";

const messages = [{ role: "user", content: "hello" }];
const bedrockMessages = [{ role: "user", content: [{ text: "hello" }] }];
const contents = [{ role: "user", parts: [{ text: "hello" }] }];
const anthropic = { model: "m", max_tokens: 50, messages };
const claude = { anthropic_version: "bedrock-2023-05-31", max_tokens: 50, messages };
const usageOption = { stream_options: { include_usage: true } };

/** Every operation that generates: its path, its body, and (of a stream) what its bytes have at their end and nowhere else. */
const generating: readonly (readonly [path: string, body: object, end?: string])[] = [
  ["/v1/chat/completions", { model: "m", messages }],
  ["/v1/chat/completions", { model: "m", messages, stream: true, ...usageOption }, "[DONE]"],
  ["/v1/responses", { model: "m", input: "hello" }],
  ["/v1/responses", { model: "m", input: "hello", stream: true }, "response.completed"],
  ["/v1/completions", { model: "m", prompt: "hello", max_tokens: 50 }],
  [
    "/v1/completions",
    { model: "m", prompt: "hello", max_tokens: 50, stream: true, ...usageOption },
    "[DONE]",
  ],
  ["/v1/messages", anthropic],
  ["/v1/messages", { ...anthropic, stream: true }, "message_stop"],
  ["/model/m/converse", { messages: bedrockMessages }],
  ["/model/m/converse-stream", { messages: bedrockMessages }, "messageStop"],
  ["/model/m/invoke", claude],
  ["/model/m/invoke-with-response-stream", claude, "message_stop"],
  ["/v1beta/models/m:generateContent", { contents }],
  ["/v1beta/models/m:streamGenerateContent?alt=sse", { contents }, '"finishReason":"STOP"'],
  ["/v1beta/models/m:streamGenerateContent", { contents }, '"finishReason":"STOP"'],
];
/** Those that only take in. */
const reading: readonly (readonly [path: string, body: object])[] = [
  ["/v1/embeddings", { model: "m", input: "hello" }],
  ["/v1beta/models/m:embedContent", { content: contents[0] }],
  ["/v2/rerank", { model: "m", query: "hello", documents: ["hello"] }],
];
/** Usage as any dialect names it, where it counts more than nothing. */
const usagePattern = /(completion_?[tT]okens|output_?[tT]okens|candidatesTokenCount|outputTokenCount)":[1-9]/;

describe("every dialect", () => {
  let fake: FakeProvider;
  before(async () => {
    fake = await startFakeProvider();
  });
  afterEach(() => fake.reset());
  after(() => fake.close());

  /** One answer's status and its bytes; how it was written and billed is the journal's last entry. */
  async function ask(path: string, body: object, faults: Faults = {}) {
    fake.setFaults(faults);
    const headers = { "anthropic-version": "2023-06-01" };
    const response = await fetch(fake.url + path, { method: "POST", headers, body: JSON.stringify(body) });
    const text = Buffer.from(await response.arrayBuffer()).toString("latin1");
    // What a Bedrock chunk carries, readable.
    return {
      status: response.status,
      text: text.replace(/"bytes":"([^"]+)"/g, (_, bytes: string) => atob(bytes)),
    };
  }
  const last = () => fake.received().at(-1)!;

  for (const [path, body, end] of generating) {
    describe(`${path}${end === undefined ? "" : ", streamed"}`, () => {
      it("bills and writes 16 tokens, and tells them", async () => {
        const { status, text } = await ask(path, body);
        assert.equal(status, 200, text);
        assert.match(text, usagePattern);
        assert.equal(last().billed!.outputTokens, 16);
        assert.equal(last().outputTokensWritten, 16);
        assert.equal(last().streamed, end !== undefined);
        if (end !== undefined) assert.ok(text.includes(end), text.slice(-300));
      });

      it("is cut without its end, and bills a stream by what was written", async () => {
        const { text } = await ask(path, body, { cutAfter: 3 });
        assert.equal(last().outputTokensWritten, 3);
        assert.equal(last().billed!.outputTokens, end === undefined ? 16 : 3);
        if (end !== undefined) assert.ok(!text.includes(end));
      });

      it("has an error within status 200, after the content asked for", async () => {
        const { status, text } = await ask(path, body, { errorEvent: 3 });
        assert.equal(status, 200);
        assert.match(text, /error|exception|InternalFailure|unexpected/i);
        assert.equal(last().outputTokensWritten, end === undefined ? 0 : 3);
        if (end !== undefined) assert.ok(!text.includes(end));
      });

      it("breaks its JSON", async () => {
        const { text } = await ask(path, body, { badJson: 3 });
        assert.ok(text.includes('{"broken": [tru'), text);
      });

      it("is empty: without content, and bills nothing", async () => {
        await ask(path, body, { empty: "content" });
        assert.equal(last().outputTokensWritten, 0);
        assert.equal(last().billed, null);
      });

      it("keeps its usage to itself", async () => {
        const { text } = await ask(path, body, { noUsage: true });
        assert.doesNotMatch(text, usagePattern);
        assert.equal(last().billed!.outputTokens, 16);
      });

      it("bills reasoning as output, within the total", async () => {
        await ask(path, body, { reasoningTokens: 5 });
        assert.deepEqual([last().billed!.outputTokens, last().billed!.reasoningTokens], [21, 5]);
      });
    });
  }

  for (const [path, body] of [...generating, ...reading]) {
    it(`${path} refuses for every reason, in words of its own`, async () => {
      for (const error of refusalKinds) {
        const { status, text } = await ask(path, body, { error });
        // Gemini alone answers 200 to a prompt that it blocks.
        assert.ok(status >= 400 || /blockReason/.test(text), `${error}: ${status} ${text}`);
        assert.doesNotMatch(text, /fake provider:/);
        assert.equal(last().billed, null);
      }
    });
  }
});
