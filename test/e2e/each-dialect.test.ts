import assert from "node:assert/strict";
import { afterEach, before, describe, it } from "node:test";
import type { Faults } from "../../src/fake/faults.ts";
import { prompt, sdkStack } from "../support/clients/sdk-stack.ts";
import { until } from "../support/core/until.ts";
import { type TestStack, useTestStack } from "../support/stack/stack.ts";

/** How one dialect is asked, without an SDK that could hide what came. */
interface Asked {
  readonly whole: string;
  readonly streamed: string;
  readonly body: object;
  readonly headers?: Readonly<Record<string, string>>;
  /** Whether the body says that a stream is wanted. */
  readonly saysStream: boolean;
  /** What tells an error event of this dialect from all others. */
  readonly errorMark: RegExp;
}

const claude = { max_tokens: 200, messages: [{ role: "user", content: prompt }] };
const asked: Readonly<Record<string, Asked>> = {
  "openai-chat": openai("/v1/chat/completions", {
    model: "gpt",
    messages: [{ role: "user", content: prompt }],
  }),
  "openai-responses": {
    ...openai("/v1/responses", { model: "gpt", input: prompt }),
    errorMark: /event: error\r?\n|"type":"response\.failed"/,
  },
  "openai-completions": openai("/v1/completions", { model: "instruct", prompt, max_tokens: 200 }),
  "anthropic-messages": {
    whole: "/v1/messages",
    streamed: "/v1/messages",
    body: { model: "claude", ...claude },
    headers: { "anthropic-version": "2023-06-01" },
    saysStream: true,
    errorMark: /event: error\r?\n/,
  },
  "bedrock-converse": {
    whole: "/model/bedrock-claude/converse",
    streamed: "/model/bedrock-claude/converse-stream",
    body: { messages: [{ role: "user", content: [{ text: prompt }] }] },
    saysStream: false,
    errorMark: /:exception-type/,
  },
  "bedrock-invoke": {
    whole: "/model/bedrock-claude/invoke",
    streamed: "/model/bedrock-claude/invoke-with-response-stream",
    body: { anthropic_version: "bedrock-2023-05-31", ...claude },
    saysStream: false,
    errorMark: /:exception-type/,
  },
  "gemini-generate": {
    whole: "/v1beta/models/gemini:generateContent",
    streamed: "/v1beta/models/gemini:streamGenerateContent?alt=sse",
    body: { contents: [{ role: "user", parts: [{ text: prompt }] }] },
    saysStream: false,
    errorMark: /data: \{"error":/,
  },
};

function openai(path: string, body: object): Asked {
  return { whole: path, streamed: path, body, saysStream: true, errorMark: /data: \{"error":/ };
}

const faults: readonly (readonly [title: string, at: (position: number) => Faults])[] = [
  ["is cut", (cutAfter) => ({ cutAfter })],
  ["holds broken JSON", (badJson) => ({ badJson })],
  ["holds an error", (errorEvent) => ({ errorEvent })],
  ["is empty", () => ({ empty: "body" })],
  ["says nothing", () => ({ empty: "content" })],
];

describe("through Envoy", () => {
  const running = useTestStack(sdkStack);
  let stack: TestStack;
  before(() => {
    stack = running();
  });
  afterEach(async () => {
    await stack.idle();
    stack.alpha.reset();
  });

  for (const [dialect, { whole, streamed, body, headers, saysStream, errorMark }] of Object.entries(asked)) {
    describe(dialect, () => {
      const send = (stream: boolean, signal?: AbortSignal): Promise<Response> =>
        fetch(`${stack.stack.listenUrl}${stream ? streamed : whole}`, {
          method: "POST",
          headers: { authorization: "Bearer key-acme", "content-type": "application/json", ...headers },
          body: JSON.stringify(saysStream ? { ...body, stream } : body),
          signal: signal ?? null,
        });

      for (const [title, faultsAt] of faults)
        for (const stream of [true, false])
          it(`never ends a ${stream ? "stream" : "whole answer"} as if it were good when it ${title}`, async () => {
            for (const position of [0, 4]) {
              stack.alpha.setFaults({ tokens: 12, ...faultsAt(position) }, 1);
              const record = await stack.recordOf(async () => {
                const response = await send(stream);
                const text = await response.text().catch(() => undefined);
                // A whole answer is replaced, but for a provider's own error inside one.
                if (!stream && title !== "holds an error") assert.match(String(response.status), /^50[23]$/);
                // A cut says it all, and so does a status.
                if (text === undefined || response.status >= 400) return;
                if (stream) assert.match(text, errorMark);
                else assert.match(text, /error|message|failure/i);
              });
              assert.equal(record.ending, "upstream_error", `at ${position}`);
              assert.ok(record.error_code);
            }
          });

      it("closes the provider's connection when its client leaves a stream, and charges what was delivered", async () => {
        stack.alpha.setFaults({ tokens: 500, tokenDelayMs: 10 }, 1);
        const record = await stack.recordOf(async () => {
          const leaving = new AbortController();
          const { body: answer } = await send(true, leaving.signal);
          let pieces = 0;
          await assert.rejects(async () => {
            for await (const _ of answer ?? []) if (++pieces === 20) leaving.abort();
          });
          await until("the provider was cut off", () => stack.alpha.received().at(-1)?.aborted === true);
        });
        const written = stack.alpha.received().at(-1)?.outputTokensWritten ?? 0;
        assert.equal(record.ending, "downstream_reset");
        assert.match(String(record.usage_source), /^(?:counted|partial)$/);
        // A family's estimate may be off by its own factor; what is on its way when the client leaves is little.
        const told = Number(record.output_tokens);
        assert.ok(told > written * 0.5 && told < written * 2.5, `${told} of ${written}`);
      });
    });
  }

  it("leaves nothing open, and met no bug", async () => {
    await stack.idle();
    assert.equal(await stack.metric("tollgate_bugs_total"), 0);
  });
});
