import assert from "node:assert/strict";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, beforeEach, describe, it } from "node:test";
import type { Faults } from "../../src/fake/faults.ts";
import type { ReceivedEntry } from "../../src/fake/journal.ts";
import type { StoredRecord } from "../../src/usage/read.ts";
import { ask, chatBody, errorOf, eventsOf, RawConnection, rawHead } from "../support/clients/chat.ts";
import { until } from "../support/core/until.ts";
import { describeOnEveryEdge } from "../support/edge/every-edge.ts";
import { startTestStack, type TestStack } from "../support/stack/stack.ts";

describeOnEveryEdge("an answer that breaks", (edge) => {
  const stops: (() => Promise<void>)[] = [];
  let stack: TestStack;
  let odd: Server;

  before(async () => {
    odd = await startOddProvider();
    const { port } = odd.address() as AddressInfo;
    const config = `
version: 1
listen: { address: "127.0.0.1:0" }
server: { address: "unix:./run/t.sock" }
admin: { address: "127.0.0.1:0" }
retries: { atLeastPerSecond: 1000 }
backends:
  alpha: { provider: openai-compatible, endpoint: "{{alpha}}/v1", apiKey: "\${env:ALPHA_KEY}", price: { input: 1, output: 2 } }
  beta: { provider: openai-compatible, endpoint: "{{beta}}/v1", apiKey: "\${env:BETA_KEY}", price: { input: 3, output: 4 } }
  odd: { provider: openai-compatible, endpoint: "http://127.0.0.1:${port}/v1", price: { input: 1, output: 2 } }
models:
  both: { targets: [alpha/model-a, beta/model-b] }
  one: { targets: [alpha/model-a] }
  known: { targets: [alpha/gpt-4.1-mini] }
  short: { targets: [alpha/model-a], timeouts: { total: 500ms } }
  trailers: { targets: [odd/trailers] }
  no-done: { targets: [odd/no-done] }
  html: { targets: [odd/html] }
  html-error: { targets: [odd/html-error] }
  empty-error: { targets: [odd/empty-error] }
  "refused/*": { targets: ["odd/*"] }
identity: [{ type: api-key, file: ./keys.yaml }]
`;
    stack = await startTestStack(
      { after: (stop: () => Promise<void>) => void stops.push(stop) },
      { config, edge },
    );
  });
  after(async () => {
    for (const stop of stops) await stop();
    odd.closeAllConnections();
    odd.close();
  });
  beforeEach(() => {
    stack.alpha.reset();
    stack.stack.gateway.targetHealth.forget();
  });

  interface Broken {
    readonly text: string;
    /** The answer came to the end that HTTP gives it. */
    readonly isWhole: boolean;
    readonly status: number;
    readonly record: StoredRecord;
    readonly journal: ReceivedEntry;
  }

  /** One call over a connection of its own, so that a cut shows. */
  async function call(model: string, stream: boolean, changes: object = {}): Promise<Broken> {
    const body = chatBody({ model, stream, ...changes });
    let raw: RawConnection | undefined;
    let text = "";
    const record = await stack.recordOf(async () => {
      raw = new RawConnection(stack.baseUrl);
      const headers = { "content-type": "application/json", "content-length": String(body.length) };
      raw.write(rawHead({ ...headers, connection: "close" }) + body);
      text = (await raw.read(20_000)).text;
    });
    const [head = "", ...rest] = text.split("\r\n\r\n");
    const isChunked = /transfer-encoding: chunked/i.test(head);
    const isWhole = isChunked ? text.endsWith("\r\n0\r\n\r\n") : rest.join("\r\n\r\n").length > 0;
    const status = Number(head.split(" ")[1]);
    return { text: rest.join("\r\n\r\n"), isWhole, status, record, journal: stack.alpha.received().at(-1)! };
  }

  /** What the client got says that something is wrong: an error event, an error body, or an end that is none. */
  function assertNotWhole({ text, isWhole, status }: Broken): void {
    if (!isWhole || status >= 400) return;
    assert.ok(/"error"\s*:\s*\{/.test(text), `ends as if it were whole: ${text.slice(-300)}`);
  }

  const faults: readonly (readonly [string, Faults, streamed: boolean])[] = [
    ["is cut before its first content", { cutAfter: 0 }, true],
    ["is cut after some content", { cutAfter: 4 }, true],
    ["is cut before its first content", { cutAfter: 0 }, false],
    ["is cut after some content", { cutAfter: 4 }, false],
    ["is reset after its headers", { reset: "after-headers" }, true],
    ["is reset after some content", { reset: 4, tokenDelayMs: 5 }, true],
    ["is reset after some content", { reset: 4 }, false],
    ["holds bad JSON before its first content", { badJson: 0 }, true],
    ["holds bad JSON after some content", { badJson: 4 }, true],
    ["holds bad JSON", { badJson: 4 }, false],
    ["is an error event", { errorEvent: 0 }, true],
    ["becomes an error event after some content", { errorEvent: 4 }, true],
    ["is an error inside a 200", { errorEvent: 0 }, false],
    ["is empty", { empty: "body" }, true],
    ["is empty", { empty: "body" }, false],
    ["has no content", { empty: "content" }, true],
    ["has no content", { empty: "content" }, false],
  ];
  for (const [title, fault, stream] of faults) {
    it(`${title}, ${stream ? "streamed" : "whole"}: never looks whole, and the record says so`, async () => {
      stack.alpha.setFaults(fault);
      const broken = await call("one", stream);
      assertNotWhole(broken);
      const { record } = broken;
      assert.ok(["upstream_error", "upstream_reset"].includes(String(record.ending)), String(record.ending));
      assert.ok(record.error_code !== undefined);
      assert.equal(record.fallback_used, false);
      await stack.idle();
      const billed = costOf(broken.journal);
      const difference = BigInt(record.cost_nano_usd as string) - billed;
      const most = BigInt(record.cost_max_nano_usd as string);
      assert.ok(
        (difference < 0n ? -difference : difference) <= most,
        `${record.cost_nano_usd} ± ${most}, bill ${billed}`,
      );
    });
  }

  it("after some content has an error event as its last", async () => {
    for (const fault of [{ cutAfter: 4 }, { badJson: 4 }, { errorEvent: 4 }]) {
      stack.alpha.setFaults(fault);
      const { text } = await call("one", true);
      const last = eventsOf(text.replaceAll(/\r\n[0-9a-f]*\r?\n?/g, ""))
        .filter((data) => data !== "[DONE]")
        .at(-1);
      assert.ok(JSON.parse(last ?? "{}").error, text.slice(-400));
    }
  });

  it("is not read to its end once it makes no sense: the provider is cut off", async () => {
    stack.alpha.setFaults({ badJson: 2, tokens: 400, tokenDelayMs: 10 });
    await call("one", true, { max_tokens: 400 });
    await until("the provider was cut off", () => stack.alpha.received().at(-1)?.aborted === true, 1_500);
  });

  it("does not fall back once something has been said, and sends no token twice", async () => {
    stack.alpha.setFaults({ cutAfter: 4 });
    stack.beta.reset();
    await call("both", true);
    assert.equal(stack.beta.received().length, 0);
  });

  it("stalls past timeouts.total: a stream ends with an error event, a whole answer is an error instead, recorded as a timeout", async () => {
    stack.alpha.setFaults({ stallAfter: 3, tokenDelayMs: 10 });
    for (const stream of [true, false]) {
      const broken = await call("short", stream);
      assertNotWhole(broken);
      assert.ok(broken.isWhole && /"code":"timeout"/.test(broken.text), broken.text);
      assert.equal(broken.record.ending, "timeout");
      assert.equal(broken.record.error_code, "timeout");
      assert.equal(broken.journal.aborted, true);
    }
  });

  it("is an error page: the client gets an error in its dialect", async () => {
    for (const model of ["html-error", "empty-error"]) {
      const answer = await ask(stack.baseUrl, chatBody({ model }));
      assert.ok(answer.status >= 400, answer.text);
      errorOf(answer);
      assert.ok(!answer.text.includes("<html"));
    }
    assertNotWhole(await call("html", false));
  });

  for (const status of [400, 404, 413, 422, 429, 503])
    for (const shape of ["page", "text", "nothing"])
      it(`keeps its status and wait where a ${status} comes with ${shape} for a body`, async () => {
        const answer = await ask(stack.baseUrl, chatBody({ model: `refused/${status}-${shape}` }));
        assert.equal(answer.status, status, answer.text);
        assert.equal(answer.headers.get("retry-after"), "7");
        assert.match(answer.headers.get("content-type") ?? "", /^application\/json/);
        errorOf(answer);
        assert.equal(answer.text.includes("not today"), shape === "text");
      });

  it("is none for ending with trailers", async () => {
    for (const stream of [false, true]) {
      const { isWhole, record, text } = await call("trailers", stream);
      assert.ok(isWhole, text);
      assert.equal(record.ending, "completed");
      assert.equal(record.usage_source, "provider");
      assert.equal(record.output_tokens, 2);
    }
  });

  it("is none for being longer than what is held back of a whole answer", async () => {
    stack.alpha.setFaults({ tokens: 32_000 });
    const { text, record } = await call("known", false, { max_tokens: 32_000, n: 6 });
    assert.ok(text.length > 1 << 20, String(text.length));
    assert.match(text, /\}\s*0\r\n\r\n$/);
    assert.equal(record.ending, "completed");
    assert.equal(record.output_tokens, 6 * 32_000);
  });

  it("is none for lacking [DONE], if finish reason and usage have come", async () => {
    const { isWhole, record, text } = await call("no-done", true);
    assert.ok(isWhole && !text.includes('"error"'), text);
    assert.equal(record.ending, "completed");
  });

  describe("by lacking usage", () => {
    for (const stream of [true, false]) {
      it(`is counted within 1 %, ${stream ? "streamed" : "whole"}`, async () => {
        stack.alpha.setFaults({ noUsage: true, tokens: 900 });
        const { record, isWhole, journal } = await call("known", stream, { max_tokens: 1_000 });
        assert.ok(isWhole);
        assert.equal(record.ending, "completed");
        assert.equal(record.usage_source, "counted");
        assert.ok(journal.billed);
        near(Number(record.output_tokens), journal.billed.outputTokens, 0.01);
        near(Number(record.input_tokens), journal.billed.inputTokens, 0.01);
        assert.ok(BigInt(record.cost_max_nano_usd as string) > 0n);
      });
    }
  });

  it("leaves nothing open", async () => {
    await stack.idle();
    assert.equal(await stack.metric("tollgate_bugs_total"), 0);
  });
});

/** What the first backend bills, in nano-dollars. */
function costOf({ billed }: ReceivedEntry): bigint {
  return BigInt(billed?.inputTokens ?? 0) * 1_000n + BigInt(billed?.outputTokens ?? 0) * 2_000n;
}

function near(actual: number, expected: number, share: number): void {
  assert.ok(
    Math.abs(actual - expected) <= expected * share,
    `${actual} is not within ${share * 100} % of ${expected}`,
  );
}

/** Bodies of refusals that are not in OpenAI's shape. */
const refusalBodies: Readonly<Record<string, string>> = {
  page: "<html><title>no</title></html>",
  text: '{"detail":"not today"}',
  nothing: "",
};

/** A provider that is no failure and yet unlike the fake one; the model says how. */
async function startOddProvider(): Promise<Server> {
  const usage = { prompt_tokens: 9, completion_tokens: 2, total_tokens: 11 };
  const chunk = (delta: object, finish: string | null, more: object = {}): string =>
    `data: ${JSON.stringify({ id: "x", object: "chat.completion.chunk", model: "odd", choices: [{ index: 0, delta, finish_reason: finish }], ...more })}\n\n`;
  const whole = JSON.stringify({
    id: "x",
    object: "chat.completion",
    model: "odd",
    choices: [{ index: 0, message: { role: "assistant", content: "Slowly." }, finish_reason: "stop" }],
    usage,
  });
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on("data", (part: Buffer) => parts.push(part));
    request.on("end", () => {
      const { model, stream = false } = JSON.parse(Buffer.concat(parts).toString()) as {
        model: string;
        stream?: boolean;
      };
      if (model.startsWith("html")) {
        response.writeHead(model === "html" ? 200 : 500, { "content-type": "text/html" });
        response.end("<html><body>Bad gateway</body></html>");
        return;
      }
      if (/^\d/.test(model)) {
        const [status, shape = ""] = model.split("-");
        const type = shape === "text" ? "text/plain; charset=utf-8" : "text/html";
        const length = shape === "nothing" ? { "content-length": "0" } : {};
        response.writeHead(Number(status), { "content-type": type, "retry-after": "7", ...length });
        response.end(refusalBodies[shape]);
        return;
      }
      if (model === "empty-error") {
        response.writeHead(500, { "content-type": "application/json", "content-length": "0" });
        response.end();
        return;
      }
      response.writeHead(200, {
        "content-type": stream ? "text/event-stream" : "application/json",
        "transfer-encoding": "chunked",
        ...(model === "trailers" ? { trailer: "x-checksum" } : {}),
      });
      response.write(stream ? chunk({ role: "assistant", content: "Slowly." }, null) : whole);
      if (stream) response.write(chunk({}, "stop", { usage }));
      if (stream && model !== "no-done") response.write("data: [DONE]\n\n");
      if (model === "trailers") response.addTrailers({ "x-checksum": "1" });
      response.end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return server;
}
