import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { after, before, describe, it } from "node:test";
import { loadConfig } from "../../src/config/load.ts";
import { ask } from "../support/clients/chat.ts";
import { until } from "../support/core/until.ts";
import { listen, portOf } from "../support/load/paced-streams.ts";
import { startTestStack, type TestStack } from "../support/stack/stack.ts";

const reloads = 20;

describe("a backend whose endpoint and key change together, under load", () => {
  const servers: Server[] = [];
  const stops: (() => Promise<void>)[] = [];
  const seen = new Map<string, Set<string>>();
  let asked = 0;
  let fallbacks = 0;
  let stack: TestStack;

  /** An upstream that answers whom it may, and notes every credential it gets. */
  async function upstream(name: string, answer: (response: ServerResponse) => void): Promise<number> {
    const keys = new Set<string>();
    seen.set(name, keys);
    const server = await listen((request: IncomingMessage, response: ServerResponse) => {
      keys.add(request.headers.authorization ?? "none");
      request.resume().on("end", () => answer(response));
    });
    servers.push(server);
    return portOf(server);
  }

  /** The config of a generation: another endpoint, and the key that is for it alone. */
  const config = (first: number, ports: readonly number[], turn: number): string => `
version: 1
listen: { address: "127.0.0.1:0" }
server: { address: "unix:./run/t.sock" }
admin: { address: "127.0.0.1:0" }
backends:
  first: { provider: openai-compatible, endpoint: "http://127.0.0.1:${first}/v1", apiKey: "\${env:FIRST}", price: { input: 1, output: 2 } }
  second: { provider: openai-compatible, endpoint: "http://127.0.0.1:${ports[turn % ports.length]}/v1", apiKey: "\${env:KEY_${turn % ports.length}}", price: { input: 1, output: 2 } }
models:
  both: { targets: [first/model, second/model] }
  second: { targets: [second/model] }
identity:
  - { type: anonymous, tenant_id: local, acceptAnyKey: true }
`;
  const env = { FIRST: "key-first", KEY_0: "key-0", KEY_1: "key-1", KEY_2: "key-2" };
  let ports: readonly number[];
  let first: number;

  before(async () => {
    first = await upstream("first", (response) => {
      asked += 1;
      // Too few to rest it, and late enough for a reload to come between the attempts.
      if (asked % 3 !== 0) return answered(response);
      fallbacks += 1;
      setTimeout(() => response.writeHead(503).end(), 50 + (asked % 5) * 50);
    });
    ports = await Promise.all([0, 1, 2].map((index) => upstream(`second-${index}`, answered)));
    stack = await startTestStack(
      { after: (stop: () => Promise<void>) => void stops.push(stop) },
      { config: config(first, ports, 0), env },
    );
  });
  after(async () => {
    for (const stop of stops) await stop();
    for (const server of servers) {
      server.closeAllConnections();
      server.close();
    }
  });

  it(`sends no endpoint another's key in ${reloads} reloads, and no request fails`, async () => {
    const outcomes = new Map<string, number>();
    let sending = true;
    const client = async (): Promise<void> => {
      while (sending) {
        const outcome = await ask(stack.baseUrl).then(({ status }) => String(status), String);
        outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
      }
    };
    const clients = Array.from({ length: 6 }, client);
    for (let turn = 1; turn <= reloads; turn++) {
      writeFileSync(stack.file, config(first, ports, turn));
      const loaded = loadConfig(stack.file, env);
      assert.ok(loaded.kind === "snapshot");
      await stack.stack.reload(loaded.snapshot);
      // Each generation is asked, however few of the others' requests come to their second target.
      const body = JSON.stringify({ model: "second", messages: [{ role: "user", content: "x" }] });
      assert.equal((await ask(stack.baseUrl, body)).status, 200);
    }
    sending = false;
    await Promise.all(clients);
    assert.deepEqual([...outcomes.keys()], ["200"], JSON.stringify([...outcomes]));
    assert.ok(fallbacks >= 3, `${fallbacks} requests went on to their second target`);
    for (const index of [0, 1, 2])
      assert.deepEqual([...(seen.get(`second-${index}`) ?? [])], [`Bearer key-${index}`]);
  });

  it("shows the backend by its name alone in Envoy's statistics, records and the access log's accounts", async () => {
    const answer = await ask(
      stack.baseUrl,
      JSON.stringify({ model: "second", messages: [{ role: "user", content: "x" }] }),
    );
    const record = await stack.record(answer.exchange);
    assert.equal(record.model_route, "second/model");
    const stats = await stack.stack.envoy.admin.get("/stats?filter=^cluster.second");
    assert.match(stats, /^cluster\.second\.upstream_rq_200: [1-9]/m);
    assert.doesNotMatch(stats, /second[@_]/);
  });

  it("leaves Envoy one cluster a backend once all exchanges are over", async () => {
    await stack.idle();
    await until("the old clusters are gone", async () => {
      const clusters = await stack.stack.envoy.admin.get("/clusters");
      return new Set(clusters.match(/^second@\w+/gm)).size === 1;
    });
  });
});

function answered(response: ServerResponse): void {
  response.writeHead(200, { "content-type": "application/json" });
  response.end(
    JSON.stringify({
      ...{ id: "chatcmpl-1", object: "chat.completion", created: 1_700_000_000, model: "model" },
      choices: [{ index: 0, message: { role: "assistant", content: "Yes." }, finish_reason: "stop" }],
      usage: { prompt_tokens: 5, completion_tokens: 2, total_tokens: 7 },
    }),
  );
}
