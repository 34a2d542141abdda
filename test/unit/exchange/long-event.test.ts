import assert from "node:assert/strict";
import { after, describe, it } from "node:test";
import { systemClock } from "../../../src/core/clock.ts";
import { stringBytesMax } from "../../../src/core/json-values.ts";
import { passBody } from "../../../src/exchange/answer/passing.ts";
import { createMemoryLedger } from "../../../src/ledger/memory.ts";
import {
  beginAnswer,
  endAnswer,
  exchangesOn,
  passText,
  snapshotOf,
} from "../../support/exchange/exchanges.ts";

const snapshot = snapshotOf(`
version: 1
backends:
  chat: { provider: openai-compatible, endpoint: "http://127.0.0.1:9/v1", price: { input: 1, output: 1 } }
models:
  one: { targets: [chat/m] }
identity: [{ type: anonymous, tenant_id: local }]
`);
const exchanges = exchangesOn(snapshot, createMemoryLedger({ clock: systemClock }), systemClock);
after(() => exchanges.services.offload.close());

const outputCap = 125_000;

async function begun() {
  const { exchange } = await exchanges.ask({
    model: "one",
    stream: true,
    max_tokens: outputCap,
    stream_options: { include_usage: true },
    messages: [{ role: "user", content: "hi" }],
  });
  beginAnswer(exchange, "text/event-stream");
  return exchange;
}

/** A stream's event with so many characters of text, in pieces as Envoy cuts them. */
function longEvent(characters: number): Buffer[] {
  const event = { choices: [{ index: 0, delta: { content: "word ".repeat(characters / 5) } }] };
  const bytes = Buffer.from(`data: ${JSON.stringify(event)}\n\n`);
  return Array.from({ length: Math.ceil(bytes.length / 100_000) }, (_, n) =>
    bytes.subarray(n * 100_000, (n + 1) * 100_000),
  );
}

describe("an event whose text is longer than what is read of it", () => {
  it("reaches the client unchanged, and is billed as its provider says", async () => {
    const exchange = await begun();
    const characters = stringBytesMax + 100_000;
    const output = Math.floor(characters / 5);
    const sent = longEvent(characters);
    const passed: Buffer[] = [];
    for (const piece of sent) passed.push(Buffer.from(await passBody(exchange, piece, false)));
    assert.ok(Buffer.concat(passed).equals(Buffer.concat(sent)));
    endAnswer(exchange, { input: 1, output });
    await exchanges.close(exchange);
    const record = exchanges.records.at(-1);
    assert.deepEqual([record?.output_tokens, record?.usage_source], [output, "provider"]);
  });

  it("is charged at its hold where its provider does not say how much it is", async () => {
    const exchange = await begun();
    for (const piece of longEvent(stringBytesMax + 100_000)) await passBody(exchange, piece, false);
    await passBody(exchange, Buffer.from("data: [DONE]\n\n"), true);
    await exchanges.close(exchange);
    const record = exchanges.records.at(-1);
    assert.equal(record?.usage_source, "estimated");
    // A dollar for a million tokens.
    assert.ok(Number(record?.cost_nano_usd) >= outputCap * 1_000, `${record?.cost_nano_usd}`);
  });

  it("is counted to its end where all of it is read", async () => {
    const exchange = await begun();
    for (const piece of longEvent(200_000)) await passBody(exchange, piece, false);
    passText(exchange, "and more");
    await passBody(exchange, Buffer.from("data: [DONE]\n\n"), true);
    await exchanges.close(exchange);
    const record = exchanges.records.at(-1);
    assert.equal(record?.usage_source, "counted");
    const tokens = record?.output_tokens ?? 0;
    assert.ok(tokens >= 40_000 && tokens < 50_000, `${tokens} tokens`);
  });
});
