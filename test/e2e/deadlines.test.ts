import assert from "node:assert/strict";
import { createServer, type Server } from "node:net";
import { after, before, beforeEach, describe, it } from "node:test";
import type { StoredRecord } from "../../src/usage/read.ts";
import { type Answer, ask, chatBody } from "../support/clients/chat.ts";
import { startTestStack, type TestStack } from "../support/stack/stack.ts";

interface Attempt {
  readonly target: string;
  readonly flags?: string;
  readonly class?: string;
  readonly ms: number;
}

describe("a deadline", () => {
  const stops: (() => Promise<void>)[] = [];
  let stack: TestStack;
  let silent: Server;

  before(async () => {
    silent = await startSilentServer();
    const { port } = silent.address() as { readonly port: number };
    const config = `
version: 1
listen: { address: "127.0.0.1:0" }
server: { address: "unix:./run/t.sock" }
admin: { address: "127.0.0.1:0" }
backends:
  alpha: { provider: openai-compatible, endpoint: "{{alpha}}/v1", apiKey: "\${env:ALPHA_KEY}", price: { input: 1, output: 2 } }
  beta: { provider: openai-compatible, endpoint: "{{beta}}/v1", apiKey: "\${env:BETA_KEY}", price: { input: 3, output: 4 } }
  silent: { provider: openai-compatible, endpoint: "https://127.0.0.1:${port}/v1", price: { input: 1, output: 2 } }
models:
  far: { targets: [silent/model-s, beta/model-b], timeouts: { connect: 200ms } }
  far-too: { targets: [silent/model-s, beta/model-b], failover: status, timeouts: { connect: 2s } }
  classes:
    targets: [alpha/model-a, beta/model-b]
    timeouts: { firstToken: 1500ms, attempt: 1500ms, total: 20s, latencyClass: { interactive: { firstToken: 300ms, attempt: 300ms } } }
  defaulted: { targets: [alpha/fake-hang, beta/model-b], timeouts: { total: 3s } }
  whole: { targets: [alpha/model-a], timeouts: { latencyClass: { batch: { attempt: 700ms, total: 700ms } } } }
identity: [{ type: api-key, file: ./keys.yaml }]
`;
    stack = await startTestStack({ after: (stop: () => Promise<void>) => void stops.push(stop) }, { config });
  });
  after(async () => {
    for (const stop of stops) await stop();
    silent.close();
  });
  beforeEach(() => {
    stack.stack.gateway.targetHealth.forget();
    stack.alpha.reset();
    stack.beta.reset();
  });

  async function recorded(
    model: string,
    stream: boolean,
    latencyClass?: string,
  ): Promise<{ readonly answer: Answer; readonly record: StoredRecord; readonly first: Attempt }> {
    const headers: Record<string, string> =
      latencyClass === undefined ? {} : { "x-tollgate-latency-class": latencyClass };
    const answer = await ask(stack.baseUrl, chatBody({ model, stream }), { headers });
    const record = await stack.record(answer.exchange);
    const [first] = record.attempts as readonly Attempt[];
    assert.ok(first !== undefined);
    return { answer, record, first };
  }

  describe("to connect", () => {
    for (const model of ["far", "far-too"])
      for (const stream of [false, true])
        it(`sends ${stream ? "a stream" : "a whole answer"} of ${model} to the next target, within the shortest that a model of the backend names`, async () => {
          const { answer, record, first } = await recorded(model, stream);
          assert.equal(answer.status, 200, answer.text);
          assert.equal(record.model_route, "beta/model-b");
          assert.equal(first.target, "silent/model-s");
          assert.ok(first.flags?.split(",").includes("UF"), first.flags);
          assert.ok(first.ms >= 190 && first.ms < 1_500, `${first.ms} ms`);
          // Nothing was sent there.
          assert.equal((first as { cost_nano_usd?: string }).cost_nano_usd, "0");
        });
  });

  describe("that nobody has set", () => {
    it("sends a whole answer that hangs to the next target after half of the total", async () => {
      const { answer, record, first } = await recorded("defaulted", false);
      assert.equal(answer.status, 200, answer.text);
      assert.equal(record.model_route, "beta/model-b");
      assert.deepEqual([first.target, first.class], ["alpha/fake-hang", "timeout"]);
      assert.ok(first.ms >= 1_450 && first.ms < 2_900, `${first.ms} ms`);
    });
  });

  describe("of a latency class", () => {
    for (const stream of [false, true]) {
      it(`sends ${stream ? "a stream" : "a whole answer"} to the next target when it has passed, and not before`, async () => {
        stack.alpha.setFaults({ firstTokenDelayMs: 700 });
        const interactive = await recorded("classes", stream, "interactive");
        assert.equal(interactive.record.model_route, "beta/model-b");
        assert.equal(interactive.first.class, "timeout");
        assert.ok(interactive.first.ms < 650, `${interactive.first.ms} ms`);
        const standard = await recorded("classes", stream);
        assert.equal(standard.record.model_route, "alpha/model-a");
        assert.equal(standard.record.fallback_used, false);
      });
    }

    it("ends an answer whose whole takes too long", async () => {
      stack.alpha.setFaults({ firstTokenDelayMs: 1_000 });
      const { answer, record } = await recorded("whole", false, "batch");
      assert.equal(answer.status, 504, answer.text);
      assert.equal(record.ending, "timeout");
    });
  });

  it("leaves nothing open behind", async () => {
    await stack.idle();
    assert.equal(await stack.metric("tollgate_bugs_total"), 0);
  });
});

/** Takes connections and never says a word: TLS with it comes to nothing. */
async function startSilentServer(): Promise<Server> {
  const server = createServer((socket) => {
    socket.on("error", () => {});
    socket.resume();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return server;
}
