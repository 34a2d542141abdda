import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, it, mock } from "node:test";
import { passBody } from "../../../src/exchange/answer/passing.ts";
import type { Exchange } from "../../../src/exchange/state/exchange.ts";
import type { Interruption } from "../../../src/exchange/state/interruption.ts";
import { MemoryLedger } from "../../../src/ledger/memory.ts";
import { type ManualClock, manualClock } from "../../support/core/manual-clock.ts";
import {
  beginAnswer,
  type Exchanges,
  endAnswer,
  exchangesOn,
  passText,
  snapshotOf,
} from "../../support/exchange/exchanges.ts";

const config = `
version: 1
backends:
  house: { provider: openai-compatible, endpoint: "http://127.0.0.1:9900/v1", price: { input: 1, output: 1 } }
  claude: { provider: anthropic, endpoint: "http://127.0.0.1:9901", apiKey: "\${env:KEY}", price: { input: 1, output: 1 } }
models:
  one: { targets: [house/gpt-4.1], timeouts: { betweenTokens: 20s, total: 60s } }
  claude: { targets: [claude/claude-sonnet-4-5], timeouts: { betweenTokens: 20s } }
  patient: { targets: [house/gpt-4.1], timeouts: { total: 60s } }
identity: [{ type: anonymous, tenant_id: local }]
budgets: [{ name: day, usd: 1, window: day }]
`;
const messages = [{ role: "user", content: "hi" }];

describe("a deadline", () => {
  let clock: ManualClock;
  let exchanges: Exchanges;
  let said: Interruption[];

  beforeEach(() => {
    mock.timers.enable({ apis: ["setTimeout"] });
    clock = manualClock("2026-11-21T12:00:00Z");
    exchanges = exchangesOn(snapshotOf(config, { KEY: "secret" }), new MemoryLedger({ clock }), clock);
    said = [];
  });
  afterEach(() => {
    mock.timers.reset();
    assert.deepEqual(exchanges.bugs, []);
  });

  async function ask(model: string, stream: boolean, path?: string): Promise<Exchange> {
    const { exchange, outcome } = await exchanges.ask({ model, max_tokens: 50, stream, messages }, path);
    assert.equal(outcome.kind, "forward");
    exchange.downstream = { interrupt: (word) => void said.push(word) };
    return exchange;
  }

  /** Time passes, second by second. */
  function wait(seconds: number): void {
    for (let second = 0; second < seconds; second++) {
      clock.advance(1_000);
      mock.timers.tick(1_000);
    }
  }

  async function settled(exchange: Exchange) {
    mock.timers.reset();
    await exchanges.close(exchange);
    assert.equal(exchanges.services.ledger.openHolds(), 0);
    return exchanges.records[0]!;
  }

  function lastEvent(): string {
    const [word] = said;
    assert.equal(said.length, 1);
    assert.equal(word?.kind, "last");
    return word.bytes.toString();
  }

  it("charges a whole answer that it cuts off by its hold, as any that broke on its way", async () => {
    const exchange = await ask("one", false);
    beginAnswer(exchange, "application/json");
    passBody(exchange, Buffer.from('{"choices":[{"message":{"content":"one tw'), false);
    wait(61);
    assert.deepEqual(
      said.map(({ kind }) => kind),
      ["reply"],
    );
    const record = await settled(exchange);
    assert.deepEqual([record.ending, record.status, record.usage_source], ["timeout", 504, "estimated"]);
    assert.equal(record.cost_nano_usd, record.held_nano_usd);
  });

  describe("between tokens", () => {
    it("ends a stream that falls silent with an error event, and charges what came", async () => {
      const exchange = await ask("one", true);
      beginAnswer(exchange, "text/event-stream");
      wait(5);
      passText(exchange, " one two");
      wait(19);
      passText(exchange, " three");
      wait(19);
      assert.deepEqual(said, []);
      wait(1);
      assert.match(
        lastEvent(),
        /^data: \{"error":\{"message":"the provider stopped sending[^\n]*"code":"timeout"/,
      );
      const record = await settled(exchange);
      assert.deepEqual([record.ending, record.error_code, record.output_tokens], ["timeout", "timeout", 3]);
      assert.equal(record.usage_source, "counted");
      assert.equal(record.cost_nano_usd, String((Number(record.input_tokens) + 3) * 1_000));
    });

    it("does not run before the first token", async () => {
      const exchange = await ask("one", true);
      beginAnswer(exchange, "text/event-stream");
      wait(55);
      assert.deepEqual(said, []);
    });

    it("is not put off by comments", async () => {
      const exchange = await ask("one", true);
      beginAnswer(exchange, "text/event-stream");
      passText(exchange, " one");
      for (let second = 0; second < 20; second++) {
        passBody(exchange, Buffer.from(": ping\n\n"), false);
        wait(1);
      }
      assert.match(lastEvent(), /stopped sending/);
    });

    it("is not put off by Anthropic's pings", async () => {
      const exchange = await ask("claude", true, "/v1/messages");
      beginAnswer(exchange, "text/event-stream");
      const event = (type: string, more: object) =>
        passBody(
          exchange,
          Buffer.from(`event: ${type}\ndata: ${JSON.stringify({ type, ...more })}\n\n`),
          false,
        );
      const usage = { input_tokens: 8, output_tokens: 1 };
      event("message_start", {
        message: { id: "m", type: "message", role: "assistant", model: "c", content: [], usage },
      });
      event("content_block_start", { index: 0, content_block: { type: "text", text: "" } });
      event("content_block_delta", { index: 0, delta: { type: "text_delta", text: "well" } });
      for (let second = 0; second < 20; second++) {
        event("ping", {});
        wait(1);
      }
      assert.match(lastEvent(), /^event: error\ndata: \{"type":"error"/);
    });

    it("ends an answer that has come whole and is kept open for nothing as what it is", async () => {
      const exchange = await ask("one", true);
      beginAnswer(exchange, "text/event-stream");
      passText(exchange, " one");
      const delta = { id: "c", object: "chat.completion.chunk", created: 0, model: "m" };
      const stop = { ...delta, choices: [{ index: 0, delta: {}, finish_reason: "stop" }] };
      passBody(exchange, Buffer.from(`data: ${JSON.stringify(stop)}\n\ndata: [DONE]\n\n`), false);
      wait(20);
      assert.equal(lastEvent(), "");
      assert.equal((await settled(exchange)).ending, "completed");
    });

    it("leaves whole answers alone", async () => {
      const exchange = await ask("one", false);
      beginAnswer(exchange, "application/json");
      passBody(exchange, Buffer.from('{"choices":'), false);
      wait(59);
      assert.deepEqual(said, []);
    });

    it("tells the target's health, which ejects it when it stalls again and again", async () => {
      const { health } = exchanges.services;
      for (let stall = 0; stall < 10; stall++) {
        const exchange = await ask("one", true);
        beginAnswer(exchange, "text/event-stream");
        passText(exchange, " one");
      }
      const target = { backend: "house", model: "gpt-4.1" };
      assert.equal(health.state(target, clock.monotonicMs()).kind, "healthy");
      wait(20);
      assert.equal(health.state(target, clock.monotonicMs()).kind, "ejected");
    });

    it("sets no timer for a token", async () => {
      const exchange = await ask("one", true);
      beginAnswer(exchange, "text/event-stream");
      passText(exchange, " one");
      const set = mock.method(globalThis, "setTimeout");
      for (let token = 0; token < 50; token++) passText(exchange, " one");
      assert.equal(set.mock.callCount(), 0);
      set.mock.restore();
    });
  });

  describe("for the whole", () => {
    it("ends a stream in the middle with an error event", async () => {
      const exchange = await ask("patient", true);
      beginAnswer(exchange, "text/event-stream");
      for (let second = 0; second < 60; second++) {
        assert.deepEqual(said, []);
        passText(exchange, " one");
        wait(1);
      }
      assert.match(lastEvent(), /"code":"timeout"/);
      const record = await settled(exchange);
      assert.deepEqual([record.ending, record.output_tokens], ["timeout", 60]);
    });

    it("answers with an error where nothing has come, and takes the attempt for one that may be billed", async () => {
      for (const stream of [true, false]) {
        const exchange = await ask("patient", stream);
        wait(60);
        const [word] = said.splice(0);
        assert.equal(word?.kind, "reply");
        assert.equal(word.reply.status, 504);
        assert.match(word.reply.body.toString(), /"code":"timeout"/);
        const record = await settled(exchange);
        assert.deepEqual([record.ending, record.status], ["timeout", 504]);
        assert.ok(BigInt(record.cost_nano_usd ?? 0) > 0n);
        exchanges.records.length = 0;
        mock.timers.enable({ apis: ["setTimeout"] });
      }
    });

    it("cuts a whole answer of which a part has passed", async () => {
      const exchange = await ask("patient", false);
      beginAnswer(exchange, "application/json");
      passBody(exchange, Buffer.from('{"choices":'), false);
      wait(60);
      // Envoy makes a cut of it.
      assert.deepEqual(
        said.map(({ kind }) => kind),
        ["reply"],
      );
      assert.equal((await settled(exchange)).ending, "timeout");
    });

    it("ends nothing that is over", async () => {
      const exchange = await ask("patient", true);
      beginAnswer(exchange, "text/event-stream");
      passText(exchange, " one");
      endAnswer(exchange, { input: 8, output: 1 });
      wait(61);
      assert.deepEqual(said, []);
      assert.equal((await settled(exchange)).ending, "completed");
    });
  });
});
