import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { wholeAnswerBytesMax } from "../../src/dialect/whole-response.ts";
import { type Answer, ask } from "../support/clients/chat.ts";
import {
  type AskedFormatName,
  askedFormatNames,
  askedFormats,
  messageOf,
} from "../support/dialect/asked-formats.ts";
import { useLargeStack } from "../support/load/large-answers.ts";

// Every format and role below, at and above the maximum: test/unit/exchange/answer-sizes.test.ts, which plays Envoy.
const prompt = JSON.stringify({ bytes: wholeAnswerBytesMax + 1 });

describe("a whole answer above the maximum", () => {
  const running = useLargeStack();

  function askIn(format: AskedFormatName, model: string): Promise<Answer> {
    const { path, body } = askedFormats[format](model, prompt);
    return ask(running().stack.stack.listenUrl, JSON.stringify(body), { path });
  }

  for (const model of ["downstream", "attempt"])
    it(`passes and costs what its end says where nobody has to read it first, model ${model}`, async () => {
      const answer = await askIn("openai-chat", model);
      assert.deepEqual([answer.status, answer.bytes.length], [200, wholeAnswerBytesMax + 1]);
      const record = await running().stack.record(answer.exchange);
      assert.deepEqual([record.error_code, record.usage_source], [undefined, "provider"]);
      assert.ok(BigInt(String(record.cost_nano_usd)) > 0n && record.answer_unread === true);
      assert.deepEqual(running().envoyExits, []);
    });

  const rows: readonly (readonly [AskedFormatName, string])[] = [
    ...askedFormatNames.flatMap((format) => [[format, "upstream"] as const, [format, "later"] as const]),
    ["anthropic-messages", "downstream"],
    ["gemini-generate", "downstream"],
    ["bedrock-converse", "downstream"],
  ];
  for (const [format, model] of rows)
    it(`is an error and charged at its hold where it has to be read first: ${format}, model ${model}`, async () => {
      const answer = await askIn(format, model);
      assert.equal(answer.status, 502);
      assert.match(messageOf(answer.text) ?? "", /larger than the 67108864 bytes/);
      assert.ok(answer.exchange !== null && answer.headers.get("x-request-id") !== null);
      const record = await running().stack.record(answer.exchange);
      assert.deepEqual([record.error_code, record.usage_source], ["response_too_large", "estimated"]);
      assert.equal(record.cost_nano_usd, record.held_nano_usd);
      assert.deepEqual(running().envoyExits, []);
    });

  it("ejects no target, as none is at fault", async () => {
    for (let turn = 0; turn < 12; turn++) await askIn("openai-chat", "upstream");
    const answer = await ask(
      running().stack.stack.listenUrl,
      JSON.stringify(askedFormats["openai-chat"]("upstream", JSON.stringify({ bytes: 1_000 })).body),
      { path: "/v1/chat/completions" },
    );
    assert.deepEqual([answer.status, answer.headers.get("x-tollgate-backend")], [200, "large"]);
  });
});
