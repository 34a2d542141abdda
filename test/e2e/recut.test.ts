import assert from "node:assert/strict";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, it } from "node:test";
import { ask, chatBody } from "../support/clients/chat.ts";
import { describeOnEveryEdge } from "../support/edge/every-edge.ts";
import { startTestStack, type TestStack } from "../support/stack/stack.ts";

/** A stream with all that a parser might trip over: letters of several bytes, line ends of both kinds, comments, data on two lines. */
const usage = { prompt_tokens: 9, completion_tokens: 4, total_tokens: 13 };
const chunk = (delta: object, finish: string | null): string =>
  JSON.stringify({ id: "x", model: "m", choices: [{ index: 0, delta, finish_reason: finish }] });
const usageEvent = `data: ${JSON.stringify({ id: "x", model: "m", choices: [], usage })}\n\n`;
const head = [
  ": a comment\n\n",
  `data: ${chunk({ role: "assistant", content: "Zoll – 通行料 " }, null)}\r\n\r\n`,
  `data:${chunk({ content: "\\ud83d\\ude00 \u{1F6A7} data: \n\n" }, null)}\n\n`,
  `event: message\nid: 7\ndata: {"id":"x","model":"m",\ndata: "choices":[{"index":0,"delta":{"content":"!"},"finish_reason":null}]}\n\n`,
  `data: ${chunk({}, "stop")}\n\n`,
].join("");
const whole = Buffer.from(`${head}${usageEvent}data: [DONE]\n\n`);
const withoutUsage = Buffer.from(`${head}data: [DONE]\n\n`);

describeOnEveryEdge("a stream that comes in pieces", (edge) => {
  const stops: (() => Promise<void>)[] = [];
  let stack: TestStack;
  let provider: Server;
  /** Where the next answer is cut. */
  let cuts: readonly number[] = [];

  before(async () => {
    provider = await startProvider(() => cuts);
    const { port } = provider.address() as AddressInfo;
    const config = `
version: 1
listen: { address: "127.0.0.1:0" }
server: { address: "unix:./run/t.sock" }
admin: { address: "127.0.0.1:0" }
backends: { raw: { provider: openai-compatible, endpoint: "http://127.0.0.1:${port}/v1", price: { input: 1, output: 2 } } }
models: { m: { targets: [raw/m] } }
identity: [{ type: api-key, file: ./keys.yaml }]
`;
    stack = await startTestStack(
      { after: (stop: () => Promise<void>) => void stops.push(stop) },
      { edge, config },
    );
  });
  after(async () => {
    for (const stop of stops) await stop();
    provider.closeAllConnections();
    provider.close();
  });

  async function assertSame(asksUsage: boolean): Promise<void> {
    const options = asksUsage ? { stream_options: { include_usage: true } } : {};
    const answer = await ask(stack.baseUrl, chatBody({ model: "m", stream: true, ...options }));
    const expected = asksUsage ? whole : withoutUsage;
    assert.equal(answer.bytes.toString(), expected.toString(), `cut at ${cuts.join()}`);
  }

  it("reaches the client byte for byte, wherever it is cut", async () => {
    for (let at = 1; at < whole.length; at += 5) {
      cuts = [at];
      await assertSame(at % 2 === 0);
    }
  });

  it("does so in pieces of one byte, and of a few", async () => {
    for (const size of [1, 2, 3, 7, 50]) {
      cuts = Array.from({ length: Math.floor(whole.length / size) }, (_, index) => (index + 1) * size);
      await assertSame(true);
      await assertSame(false);
    }
  });

  it("is recorded alike each time", async () => {
    await stack.idle();
    const records = await stack.records(0);
    assert.ok(records.length > 100);
    const alike = [
      "ending",
      "input_tokens",
      "output_tokens",
      "cost_nano_usd",
      "usage_source",
      "finish_reason",
    ];
    for (const record of records)
      assert.deepEqual(
        alike.map((name) => record[name]),
        ["completed", 9, 4, "17000", "provider", "stop"],
        JSON.stringify(record),
      );
    assert.equal(await stack.metric("tollgate_bugs_total"), 0);
  });
});

/** Answers every request with the same stream, a pause at each cut. */
async function startProvider(cuts: () => readonly number[]): Promise<Server> {
  const server = createServer((request, response) => {
    request.resume().once("end", () => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.socket?.setNoDelay(true);
      writeFrom(0, [...cuts(), whole.length]);
    });
    const writeFrom = (start: number, [end, ...rest]: readonly number[]): void => {
      if (end === undefined) {
        response.end();
        return;
      }
      response.write(whole.subarray(start, end));
      // Long enough, mostly, for Envoy to have read it; what arrives together only makes the case an easier one.
      setTimeout(() => writeFrom(end, rest), 1);
    };
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return server;
}
