import assert from "node:assert/strict";
import { type ClientHttp2Session, connect } from "node:http2";
import { ask, chatBody, streamedText } from "../clients/chat.ts";
import { until } from "../core/until.ts";
import type { TestStack } from "../stack/stack.ts";

/** One connection may have a hundred open; streams are spread over a few more than it takes. */
const streamsEach = 90;
const batchSize = 250;
/** Answers compared word for word with the provider's own to the same prompt. */
const samples = 50;

interface Streamed {
  readonly requestId: string;
  readonly exchangeId: string;
  readonly text: string;
}

/**
 * Opens so many streams at once, each with a tag of its own, and holds the answers and records of all to their tags. The provider begins none
 * for `openMs`; on a machine too busy to open them all in that time, it is done again with more.
 */
export async function provesManyStreams(stack: TestStack, count: number, openMs: number): Promise<void> {
  const { origin } = new URL(stack.baseUrl);
  const sessions = Array.from({ length: Math.ceil(count / streamsEach) }, () => connect(origin));
  try {
    for (const patience of [1, 4, 16]) {
      stack.alpha.reset();
      stack.alpha.setFaults({ firstTokenDelayMs: openMs * patience, tokens: 4 });
      await stack.idle();
      const before = (await stack.records(0)).length;
      const streams = await open(stack, sessions, count);
      const opened = await stack.metric("tollgate_open_exchanges");
      const answers = await Promise.all(streams);
      for (const [tag, answer] of answers.entries()) assert.equal(answer.requestId, `tag-${tag}`);
      assert.equal(new Set(answers.map(({ exchangeId }) => exchangeId)).size, count);
      await assertRecords(stack, answers, before);
      await assertSamples(stack, answers);
      if (opened === count) return;
    }
    assert.fail("all are open at once");
  } finally {
    for (const session of sessions) session.destroy();
  }
}

async function open(
  stack: TestStack,
  sessions: readonly ClientHttp2Session[],
  count: number,
): Promise<readonly Promise<Streamed>[]> {
  const streams: Promise<Streamed>[] = [];
  while (streams.length < count) {
    for (let batch = Math.min(batchSize, count - streams.length); batch > 0; batch -= 1)
      streams.push(streamOf(sessions[streams.length % sessions.length]!, streams.length));
    // Each is a connection to the provider, which takes so many at a time.
    const reached = (): boolean => stack.alpha.received().length >= streams.length;
    await until(`the provider has ${streams.length}`, reached);
  }
  return streams;
}

function streamOf(session: ClientHttp2Session, tag: number): Promise<Streamed> {
  return new Promise((resolve, reject) => {
    const stream = session.request({
      ":method": "POST",
      ":path": "/v1/chat/completions",
      authorization: "Bearer key-acme",
      "content-type": "application/json",
      "x-request-id": `tag-${tag}`,
    });
    let head: Record<string, unknown> = {};
    const parts: Buffer[] = [];
    stream.on("response", (headers) => {
      head = headers;
    });
    stream.on("data", (part: Buffer) => parts.push(part));
    stream.on("error", reject);
    stream.on("end", () => {
      const text = Buffer.concat(parts).toString();
      if (head[":status"] !== 200 || !text.includes("[DONE]"))
        reject(new Error(`tag-${tag}: ${head[":status"]} ${text.slice(0, 300)}`));
      const requestId = String(head["x-request-id"]);
      resolve({ requestId, exchangeId: String(head["x-tollgate-exchange-id"]), text: streamedText(text) });
    });
    stream.end(bodyOf("one", tag));
  });
}

function bodyOf(model: string, tag: number): string {
  return chatBody({ model, stream: true, messages: [{ role: "user", content: `tag ${tag}` }] });
}

/** One record for each, by the exchange's id, with the client's own beside it. */
async function assertRecords(stack: TestStack, answers: readonly Streamed[], before: number): Promise<void> {
  const records = (await stack.records(before + answers.length)).slice(before);
  assert.equal(records.length, answers.length);
  const byId = new Map(records.map((record) => [record.exchange_id, record]));
  assert.equal(byId.size, answers.length);
  for (const { exchangeId, requestId } of answers) {
    const record = byId.get(exchangeId);
    assert.equal(record?.client_request_id, requestId);
    assert.equal(record.ending, "completed");
  }
}

async function assertSamples(stack: TestStack, answers: readonly Streamed[]): Promise<void> {
  stack.alpha.setFaults({ tokens: 4 });
  const step = Math.max(1, Math.floor(answers.length / samples));
  for (let tag = 0; tag < answers.length; tag += step) {
    const own = await ask(`${stack.alpha.url}/v1`, bodyOf("model-a", tag), { key: "alpha-secret" });
    assert.equal(answers[tag]?.text, streamedText(own.text));
  }
}
