import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { encodeAttempt } from "../../../src/exchange/attempt/forwarding.ts";
import { MemoryLedger } from "../../../src/ledger/memory.ts";
import { manualClock } from "../../support/core/manual-clock.ts";
import { exchangesOn, snapshotOf } from "../../support/exchange/exchanges.ts";

const config = `
version: 1
backends:
  small: { provider: openai-compatible, endpoint: "http://127.0.0.1:9900/v1", contextWindow: 4096, price: { input: 1, output: 1 } }
  large: { provider: openai-compatible, endpoint: "http://127.0.0.1:9901/v1", price: { input: 1, output: 1 } }
models:
  small: { targets: [small/m] }
  both: { targets: [large/gpt-4.1, small/m] }
identity: [{ type: anonymous, tenant_id: local }]
`;

describe("the cap that a provider is sent", () => {
  const clock = manualClock("2026-12-01T12:00:00Z");
  const exchanges = exchangesOn(snapshotOf(config), new MemoryLedger({ clock }), clock);

  /** The cap of each attempt, and the input tokens that were counted for it. */
  async function capsOf(body: object, path: string, attempts: number): Promise<readonly [number, number][]> {
    const { exchange, outcome } = await exchanges.ask(body, path);
    const { forwarded } = exchange;
    assert.ok(outcome.kind === "forward" && forwarded !== undefined);
    const caps: [number, number][] = [];
    for (let number = 1; number <= attempts; number += 1) {
      const forward = number === 1 ? outcome : await encodeAttempt(forwarded, number);
      const sent = JSON.parse(forward.body.toString());
      caps.push([
        sent.max_tokens ?? sent.max_completion_tokens,
        exchange.forwarded?.plan.targets[number - 1]?.inputTokens ?? 0,
      ]);
    }
    await exchanges.close(exchange);
    return caps;
  }

  for (const words of [1, 1_000, 3_500])
    for (const asked of [undefined, 32_000])
      it(`fills the room behind ${words} words in a window of 4,096 where the client asks for ${asked ?? "none"}`, async () => {
        const messages = [{ role: "user", content: "word ".repeat(words) }];
        for (const path of ["/v1/chat/completions", "/v1/messages"]) {
          const body = { model: "small", messages, ...(asked === undefined ? {} : { max_tokens: asked }) };
          if (asked === undefined && path === "/v1/messages") continue;
          const [[cap, inputTokens] = [0, 0]] = await capsOf(body, path, 1);
          assert.ok(inputTokens >= words, `${inputTokens}`);
          assert.ok(cap >= 1 && cap + inputTokens <= 4_096, `${cap} + ${inputTokens}`);
          assert.ok(cap + inputTokens > 3_900, `${cap} + ${inputTokens} leaves too much unused`);
        }
      });

  it("is that of its own target: a small fallback does not shorten the answers of the first", async () => {
    const body = { model: "both", max_tokens: 9_000, messages: [{ role: "user", content: "hi" }] };
    const [[first] = [0], [second] = [0]] = await capsOf(body, "/v1/chat/completions", 2);
    assert.equal(first, 9_000);
    assert.ok(second < 4_096);
  });

  it("stays the client's own where it fits", async () => {
    const body = { model: "small", max_tokens: 7, messages: [{ role: "user", content: "hi" }] };
    assert.deepEqual((await capsOf(body, "/v1/chat/completions", 1))[0]?.[0], 7);
  });
});
