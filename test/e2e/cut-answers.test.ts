import assert from "node:assert/strict";
import { type ClientHttp2Session, connect } from "node:http2";
import { after, before, describe, it } from "node:test";
import type { Faults } from "../../src/fake/faults.ts";
import { billsOf, misjudged, totalRecorded } from "../support/ledger/bills.ts";
import { type TestStack, useTestStack } from "../support/stack/stack.ts";

const tokens = 40;
/** Each tenth of the answer, broken off by a reset of the connection and by an end that HTTP takes for a good one. */
const cuts: readonly Faults[] = Array.from({ length: 10 }, (_, tenth) => (tenth * tokens) / 10).flatMap(
  (position) => [{ reset: position }, { cutAfter: position }],
);

/** How one dialect is asked, without an SDK that could hide what came. */
interface Asked {
  readonly provider: string;
  readonly model: string;
  readonly path: (model: string, stream: boolean) => string;
  readonly body: (model: string, stream: boolean) => object;
  /** Where an error of this format says what is wrong. */
  readonly message: (error: { message?: string; error?: { message?: string } }) => string | undefined;
}

const prompt = "How does a tollgate work?";
const messages = [{ role: "user", content: prompt }];
const ofError: Asked["message"] = ({ error }) => error?.message;
const dialects: Readonly<Record<string, Asked>> = {
  openai: {
    provider: "openai",
    model: "gpt-4.1-mini",
    path: () => "/v1/chat/completions",
    body: (model, stream) => ({ model, messages, stream, max_tokens: 200 }),
    message: ofError,
  },
  anthropic: {
    provider: "anthropic",
    model: "claude-haiku-4-5",
    path: () => "/v1/messages",
    body: (model, stream) => ({ model, messages, stream, max_tokens: 200 }),
    message: ofError,
  },
  gemini: {
    provider: "gemini",
    model: "gemini-2.5-flash",
    path: (model, stream) =>
      `/v1beta/models/${model}:${stream ? "streamGenerateContent?alt=sse" : "generateContent"}`,
    body: () => ({
      contents: [{ role: "user", parts: [{ text: prompt }] }],
      generationConfig: { maxOutputTokens: 200 },
    }),
    message: ofError,
  },
  bedrock: {
    provider: "bedrock, region: us-east-1",
    model: "anthropic.claude-3-haiku-20240307-v1:0",
    path: (model, stream) => `/model/${model}/${stream ? "converse-stream" : "converse"}`,
    body: () => ({
      messages: [{ role: "user", content: [{ text: prompt }] }],
      inferenceConfig: { maxTokens: 200 },
    }),
    message: ({ message }) => message,
  },
};

const names = Object.keys(dialects);
const backend = (name: string, upstream: string): string => {
  const path = name === "openai" ? "/v1" : "";
  return `  ${name}-${upstream}: { provider: ${dialects[name]?.provider}, endpoint: "{{${upstream}}}${path}", apiKey: "\${env:${upstream.toUpperCase()}_KEY}", price: { input: 1, output: 1 } }`;
};
const modelsOf = (name: string): string => {
  const target = (upstream: string): string => `"${name}-${upstream}/${dialects[name]?.model}"`;
  return `  ${name}-one: { targets: [${target("alpha")}] }\n  ${name}-both: { targets: [${target("alpha")}, ${target("beta")}] }`;
};
const config = `
version: 1
listen: { address: "127.0.0.1:0" }
server: { address: "unix:./run/t.sock" }
admin: { address: "127.0.0.1:0" }
retries: { atLeastPerSecond: 1000 }
backends:
${names.flatMap((name) => [backend(name, "alpha"), backend(name, "beta")]).join("\n")}
models:
${names.map(modelsOf).join("\n")}
identity: [{ type: api-key, file: ./keys.yaml }]
budgets:
  - { name: all, usd: 100, window: day }
  - { name: each, per: [backend], usd: 100, window: day }
`;

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: Buffer;
  /** It was broken off, as HTTP/2 says it. */
  readonly isReset: boolean;
}

describe("an answer that its provider breaks off", () => {
  const running = useTestStack({ config });
  let stack: TestStack;
  // Over HTTP/1.1 Envoy would take its `delayed_close_timeout` to tell a client of each.
  let session: ClientHttp2Session;
  before(() => {
    stack = running();
    session = connect(stack.stack.listenUrl);
  });
  after(() => session.destroy());

  function ask(path: string, body: object): Promise<Answer> {
    return new Promise((resolve) => {
      const stream = session.request({
        ":method": "POST",
        ":path": path,
        authorization: "Bearer key-acme",
        "content-type": "application/json",
        "anthropic-version": "2023-06-01",
      });
      const parts: Buffer[] = [];
      let headers: Readonly<Record<string, unknown>> = {};
      stream.on("response", (head) => {
        headers = head;
      });
      stream.on("data", (part: Buffer) => parts.push(part));
      stream.on("error", () => undefined);
      stream.once("close", () =>
        resolve({
          status: Number(headers[":status"]),
          headers,
          body: Buffer.concat(parts),
          isReset: stream.rstCode !== 0,
        }),
      );
      stream.end(JSON.stringify(body));
    });
  }

  /** What is wrong with an answer of which the provider sent no more than a part; undefined: nothing. */
  function faultOf(name: string, answer: Answer, stream: boolean, fallback: boolean): string | undefined {
    const { status, headers, body, isReset } = answer;
    if (headers["x-tollgate-exchange-id"] === undefined || headers["x-request-id"] === undefined)
      return "no ids";
    if (!stream && fallback) return status === 200 ? undefined : "no fallback";
    // Of a stream, too, nothing may have passed yet.
    if (status !== 200 || !stream) {
      const words = dialects[name]?.message(JSON.parse(body.toString())) ?? "";
      return status === 502 && /provider/.test(words) ? undefined : "not the dialect's error";
    }
    // What has begun to pass cannot be taken back: it ends with the dialect's error event, or is reset.
    const saysSo = /error|exception/i.test(body.toString("latin1"));
    return isReset || saysSo || fallback ? undefined : "nothing says that it is not whole";
  }

  /** Asks in every dialect at once while the first provider breaks its answers off; returns what is wrong. */
  async function cut(stream: boolean, fallback: boolean, faults: Faults): Promise<readonly string[]> {
    // A backend that has just failed would not be asked.
    stack.stack.gateway.targetHealth.forget();
    stack.alpha.setFaults({ tokens, ...faults });
    const wrong = names.map(async (name) => {
      const model = `${name}-${fallback ? "both" : "one"}`;
      const asked = dialects[name];
      const answer = await ask(asked?.path(model, stream) ?? "", asked?.body(model, stream) ?? {});
      const fault = faultOf(name, answer, stream, fallback);
      return fault === undefined
        ? []
        : [`${name} ${JSON.stringify(faults)}: ${fault}: ${answer.status} ${answer.body}`];
    });
    return (await Promise.all(wrong)).flat();
  }

  for (const stream of [false, true])
    for (const fallback of [false, true])
      it(`is charged, or stands in cost_max, and its client is told: ${stream ? "streamed" : "whole"}, ${fallback ? "with" : "without"} a fallback`, async () => {
        const wrong: string[] = [];
        for (const faults of cuts) wrong.push(...(await cut(stream, fallback, faults)));
        assert.deepEqual(wrong, []);
        await stack.idle();
        const records = await stack.records(0);
        assert.equal(new Set(records.map(({ exchange_id }) => exchange_id)).size, records.length);
        assert.deepEqual(misjudged(records, billsOf(stack.alpha, stack.beta)), []);
      });

  it("leaves accounts that are the sum of the records, each backend's its own", async () => {
    await stack.idle();
    const records = await stack.records(0);
    const total = totalRecorded(records);
    const charged = { all: 0n, each: 0n };
    for (const { accounts } of records)
      for (const { name, charged: amount } of accounts as readonly { name: string; charged: string }[])
        charged[name.startsWith("each") ? "each" : "all"] += BigInt(amount);
    assert.deepEqual(charged, { all: total, each: total });
    const balances = await stack.balances({ tenant_id: "acme" });
    assert.equal(balances.find(({ account }) => account.name === "all")?.used, total);
    assert.ok(balances.every(({ held }) => held === 0n));
    assert.equal(await stack.metric("tollgate_bugs_total"), 0);
  });
});
