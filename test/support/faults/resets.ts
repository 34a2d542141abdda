import assert from "node:assert/strict";
import { connect } from "node:http2";
import { before, it } from "node:test";
import type { EdgeFactory } from "../../../src/edge/edge.ts";
import { ask, chatBody, send } from "../clients/chat.ts";
import { billsOf, dollarBackends, misjudged, totalRecorded } from "../ledger/bills.ts";
import { type TestStack, useTestStack } from "../stack/stack.ts";

const config = `
${dollarBackends}models:
  one: { targets: [alpha/model-a] }
  resets: { targets: [alpha/fake-reset, beta/model-b] }
  breaks: { targets: [alpha/fake-reset-midstream] }
identity: [{ type: api-key, file: ./keys.yaml }]
budgets: [{ name: day, per: [tenant_id], usd: 100, window: day }]
`;
const clients = 20;

/** The tests of a suite: so many requests, among which clients and providers reset some, and half as many over one HTTP/2 connection. */
export function testResets(requests: number, edge: EdgeFactory): void {
  const running = useTestStack({ config, edge });
  let stack: TestStack;
  before(() => {
    stack = running();
  });

  /** By turns: a call, a call whose first backend resets, a stream, a stream that its client leaves, one that its provider resets. */
  async function take(turn: number): Promise<"whole" | "broken"> {
    const model = turn % 10 === 3 ? "resets" : breaks(turn) ? "breaks" : "one";
    const stream = turn % 2 === 1;
    const body = chatBody({ model, stream, max_tokens: 10 });
    if (turn % 5 === 4) return leave(body);
    const answer = await ask(stack.baseUrl, body).catch(() => undefined);
    if (answer?.status !== 200) return "broken";
    return !stream || answer.text.trimEnd().endsWith("data: [DONE]") ? "whole" : "broken";
  }

  /** Leaves as soon as an answer begins, or before. */
  async function leave(body: string): Promise<"broken"> {
    const controller = new AbortController();
    const sent = send(stack.baseUrl, body, { signal: controller.signal }).then(() => controller.abort());
    if (body.includes('"stream":false')) setImmediate(() => controller.abort());
    await sent.catch(() => undefined);
    return "broken";
  }

  it("fail where they were broken and nowhere else", async () => {
    const failed: number[] = [];
    let next = 0;
    const client = async (): Promise<void> => {
      for (let turn = next++; turn < requests; turn = next++) {
        const isBroken = breaks(turn) || turn % 5 === 4;
        const end = await take(turn);
        if (!isBroken && end === "broken") failed.push(turn);
      }
    };
    await Promise.all(Array.from({ length: clients }, client));
    assert.deepEqual(failed, []);
    await stack.idle();
  });

  it("over one HTTP/2 connection, whose streams are reset, fail nowhere else", async () => {
    const session = connect(new URL(stack.baseUrl).origin);
    session.on("error", () => undefined);
    const request = (turn: number): Promise<boolean> =>
      new Promise((resolve) => {
        const stream = session.request({
          ":method": "POST",
          ":path": "/v1/chat/completions",
          authorization: "Bearer key-acme",
          "content-type": "application/json",
        });
        let text = "";
        stream.on("data", (part: Buffer) => {
          text += part.toString();
          if (turn % 3 === 1) stream.close(8);
        });
        stream.on("error", () => undefined);
        stream.once("close", () => resolve(text.trimEnd().endsWith("data: [DONE]")));
        stream.end(chatBody({ model: "one", stream: true, max_tokens: 10 }));
        if (turn % 3 === 2) setImmediate(() => stream.close(8));
      });
    try {
      let next = 0;
      const failed: number[] = [];
      const client = async (): Promise<void> => {
        for (let turn = next++; turn < requests / 2; turn = next++)
          if (!(await request(turn)) && turn % 3 === 0) failed.push(turn);
      };
      await Promise.all(Array.from({ length: clients }, client));
      assert.deepEqual(failed, []);
    } finally {
      session.destroy();
    }
    await stack.idle();
  });

  it("leave one record each, the provider's bill in it or how far off it may be", async () => {
    const records = await stack.records(0);
    const bills = billsOf(stack.alpha, stack.beta);
    const ids = new Set(records.map(({ exchange_id }) => String(exchange_id)));
    assert.equal(ids.size, records.length);
    for (const id of bills.keys()) assert.ok(ids.has(id), `no record of ${id}`);
    assert.deepEqual(misjudged(records, bills), []);
    const [balance] = await stack.balances({ tenant_id: "acme" });
    assert.equal(balance?.held, 0n);
    assert.equal(balance?.used, totalRecorded(records));
    assert.equal(await stack.metric("tollgate_bugs_total"), 0);
  });
}

/** Seldom: over HTTP/1.1 Envoy takes 5 s (`delayed_close_timeout`) to tell a client of it. */
function breaks(turn: number): boolean {
  return turn % 50 === 7;
}
