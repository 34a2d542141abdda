import assert from "node:assert/strict";
import { after, describe, it } from "node:test";
import { GatewayError } from "../../../src/core/errors.ts";
import { headersOf } from "../../../src/core/headers.ts";
import type { MakeTextFilter } from "../../../src/dialect/filter/text-filter.ts";
import { Offload } from "../../../src/dialect/offload/offload.ts";
import { LargeAnswer } from "../../../src/exchange/answer/large-answer.ts";
import { scriptedFormats } from "../../support/dialect/scripted-answers.ts";
import { dialectOf, factsOf } from "../../support/dialect/translation.ts";
import { wordFilter } from "../../support/dialect/word-filter.ts";

const text = "A falcon and a crow.\n".repeat(20_000);

describe("a large whole answer that is filtered", () => {
  const offload = new Offload();
  after(() => offload.close());

  /** The answer of a provider of one format, read by a worker, as a client of chat gets it. */
  async function filtered(upstream: "openai-chat" | "anthropic-messages", filter: MakeTextFilter) {
    const chat = dialectOf("openai-chat");
    const request = { model: "m", messages: [{ role: "user", content: "hi" }] };
    const facts = { ...factsOf(chat, Buffer.from(JSON.stringify(request)), false), text: [] };
    const headers = headersOf({ "content-type": "application/json" });
    const inner = chat.passResponse({ status: 200, headers, facts, onText: () => {}, filter });
    const answer = new LargeAnswer(inner, {
      ...{ passes: false, filter, mayStream: false, onText: () => {}, onLarge: () => {} },
      read: (pieces) =>
        offload.do("acme", {
          kind: "answer",
          pieces,
          reading: {
            dialect: "openai-chat",
            upstream: upstream === "openai-chat" ? undefined : upstream,
            status: 200,
            headers: [["content-type", "application/json"]],
            context: { id: "x", model: "m", createdSec: 1, inputTokens: 1, facts },
            ...{ callId: "c", writes: true, findTexts: true },
          },
        }),
    });
    const bytes = scriptedFormats.find(({ name }) => name === upstream)?.whole([{ text: [text] }]);
    assert.ok(bytes !== undefined);
    const half = bytes.length >> 1;
    const out = [
      await answer.push(bytes.subarray(0, half), false),
      await answer.push(bytes.subarray(half), true),
    ];
    return { answer, out: Buffer.concat(out) };
  }

  for (const upstream of ["openai-chat", "anthropic-messages"] as const)
    it(`has its words replaced, from ${upstream}`, async () => {
      const { answer, out } = await filtered(upstream, () => wordFilter("falcon", 'the "kite"'));
      assert.equal(
        JSON.parse(out.toString()).choices[0].message.content,
        text.replaceAll("falcon", 'the "kite"'),
      );
      assert.deepEqual([answer.seen.complete, answer.seen.usage?.outputTokens], [true, 5]);
    });

  it("is blocked as a whole", async () => {
    const { answer, out } = await filtered("openai-chat", () => ({
      holdBackCharsMax: 0,
      push() {
        throw new GatewayError("forbidden", "blocked");
      },
      end: () => "",
    }));
    const { blocked, unreadable, error } = answer.seen;
    assert.deepEqual([out.length, blocked, unreadable, error?.code], [0, true, true, "forbidden"]);
  });
});
