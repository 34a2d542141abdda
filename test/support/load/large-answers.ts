import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { createServer, type Server, type ServerResponse } from "node:http";
import { after, before } from "node:test";
import { gzipSync } from "node:zlib";
import { chatBody, send } from "../clients/chat.ts";
import { startTestStack, type TestStack } from "../stack/stack.ts";
import { portOf } from "./paced-streams.ts";

/** What an answer is to be like; the provider reads it from the prompt. */
export interface LargeAnswer {
  /** Bytes of the body before it is encoded. */
  readonly bytes: number;
  /** Bytes of one write; undefined: all at once. */
  readonly writeBytes?: number;
  readonly chunked?: boolean;
  readonly gzip?: boolean;
  /** Bytes of comments before a stream's first event. */
  readonly silentBytes?: number;
}

/** What came of a large answer. */
export interface LargeOutcome {
  readonly status: number;
  readonly bytes: number;
  /** Whether every byte is the provider's own. */
  readonly intact: boolean;
  /** The beginning of what came. */
  readonly text: string;
  /** The last bytes that came: a stream that broke says why in its last event. */
  readonly end: string;
  readonly exchange: string | null;
}

/** A stack before a provider of large answers. */
export interface LargeStack {
  readonly stack: TestStack;
  /** Why Envoy ended, each time that it did. */
  readonly envoyExits: readonly string[];
}

/** One stack before a provider of large answers, for all tests of the suite it is called in. */
export function useLargeStack(): () => LargeStack {
  const stops: (() => Promise<void>)[] = [];
  const envoyExits: string[] = [];
  let provider: Server;
  let stack: TestStack;
  before(async () => {
    provider = await startLargeProvider();
    const options = {
      config: largeConfig(portOf(provider)),
      onEnvoyExit: (reason: string) => void envoyExits.push(reason),
    };
    stack = await startTestStack({ after: (stop: () => Promise<void>) => void stops.push(stop) }, options);
  });
  after(async () => {
    for (const stop of stops) await stop();
    provider.closeAllConnections();
    provider.close();
  });
  return () => ({ stack, envoyExits });
}

/** A config whose models pass each role on the way to a provider of large answers; the backend `failing` always answers 503. */
export function largeConfig(port: number): string {
  return `
version: 1
listen: { address: "127.0.0.1:0" }
server: { address: "unix:./run/t.sock" }
admin: { address: "127.0.0.1:0" }
backends:
  large: { provider: openai-compatible, endpoint: "http://127.0.0.1:${port}/large", price: { input: 1, output: 1 } }
  again: { provider: openai-compatible, endpoint: "http://127.0.0.1:${port}/large", price: { input: 1, output: 1 } }
  failing: { provider: openai-compatible, endpoint: "http://127.0.0.1:${port}/failing", price: { input: 1, output: 1 } }
models:
  downstream: { targets: [large/m] }
  attempt: { targets: [failing/m, large/m], failover: status }
  upstream: { targets: [large/m, again/m], failover: content }
  later: { targets: [failing/m, large/m], failover: content }
identity: [{ type: api-key, file: ./keys.yaml }]
budgets: [{ name: day, per: [tenant_id], usd: 1000000, window: day }]
`;
}

/** The tokens every large answer says it used. */
export const largeUsage = { prompt_tokens: 5, completion_tokens: 7, total_tokens: 12 };

/** Starts a provider that answers as the prompt says. */
export async function startLargeProvider(): Promise<Server> {
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on("data", (part: Buffer) => parts.push(part));
    request.on("end", () => {
      if (request.url?.startsWith("/failing") === true) {
        response.writeHead(503, { "content-type": "application/json" }).end('{"error":{"message":"no"}}');
        return;
      }
      const asked = JSON.parse(Buffer.concat(parts).toString()) as { stream?: boolean };
      write(response, askedOf(asked), asked.stream === true);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return server;
}

/** The answer that a request's prompt asks for, wherever its format keeps the prompt. */
function askedOf(request: object): LargeAnswer {
  const prompt = /\{\\"bytes\\".*?\}/.exec(JSON.stringify(request))?.[0] ?? '{\\"bytes\\":1000}';
  return JSON.parse(prompt.replaceAll('\\"', '"')) as LargeAnswer;
}

function write(response: ServerResponse, answer: LargeAnswer, stream: boolean): void {
  const { body } = preparedOf(answer, stream);
  response.writeHead(200, {
    "content-type": stream ? "text/event-stream" : "application/json",
    ...(answer.gzip === true ? { "content-encoding": "gzip" } : {}),
    ...(stream || answer.chunked === true ? {} : { "content-length": body.length }),
  });
  const step = answer.writeBytes ?? body.length;
  for (let at = 0; at < body.length; at += step) response.write(body.subarray(at, at + step));
  response.end();
}

/** The same in every thread. Does not shrink much under gzip, as an answer that is mostly repetition would: those are refused as bombs. */
const words = createHash("shake256", { outputLength: 96 << 10 })
  .update("large")
  .digest("base64");

interface Prepared {
  readonly body: Buffer;
  /** Of the body before it was encoded. */
  readonly sha256: string;
}

/** The last answers made: provider and client share this process, in tests with the gateway, whose time is better spent otherwise. */
const latest = new Map<string, Prepared>();
const latestMax = 4;

function preparedOf(answer: LargeAnswer, stream: boolean): Prepared {
  const key = JSON.stringify([answer, stream]);
  const known = latest.get(key);
  if (known !== undefined) return known;
  const plain = bodyOf(answer, stream);
  const body = answer.gzip === true ? gzipSync(plain, { level: 1 }) : plain;
  const prepared = { body, sha256: createHash("sha256").update(plain).digest("hex") };
  const [oldest] = latest.keys();
  if (latest.size >= latestMax && oldest !== undefined) latest.delete(oldest);
  latest.set(key, prepared);
  return prepared;
}

/** A chat answer of exactly so many bytes, the same each time. */
function bodyOf({ bytes, silentBytes = 0 }: LargeAnswer, stream: boolean): Buffer {
  const usage = largeUsage;
  if (!stream) {
    const [head = "", tail = ""] = JSON.stringify({
      id: "x",
      object: "chat.completion",
      model: "m",
      choices: [{ index: 0, message: { role: "assistant", content: "@" }, finish_reason: "stop" }],
      usage,
    }).split("@");
    const body = Buffer.alloc(bytes, words);
    body.write(head);
    body.write(tail, bytes - tail.length);
    return body;
  }
  const chunk = (delta: object, finish: string | null): string =>
    `data: ${JSON.stringify({ id: "x", object: "chat.completion.chunk", model: "m", choices: [{ index: 0, delta, finish_reason: finish }], usage: finish === null ? null : usage })}\n\n`;
  const event = Buffer.from(chunk({ content: words.slice(0, 1_000) }, null));
  const last = Buffer.from(`${chunk({}, "stop")}data: [DONE]\n\n`);
  const events = Math.ceil(bytes / event.length);
  const comment = Buffer.from(": nothing to say yet\n\n");
  const comments = Math.ceil(silentBytes / comment.length);
  return Buffer.concat([
    Buffer.alloc(comment.length * comments, comment),
    Buffer.alloc(event.length * events, event),
    last,
  ]);
}

const endBytes = 300;

/** Asks for an answer and holds it to the provider's own, byte for byte. */
export async function askLarge(
  baseUrl: string,
  model: string,
  stream: boolean,
  answer: LargeAnswer,
): Promise<LargeOutcome> {
  const options = stream ? { stream_options: { include_usage: true } } : {};
  const body = chatBody({
    model,
    stream,
    ...options,
    messages: [{ role: "user", content: JSON.stringify(answer) }],
  });
  // Made before it is asked for: what takes long here must not look like a gateway that hangs.
  const { sha256 } = preparedOf(answer, stream);
  const response = await send(baseUrl, body);
  const hash = createHash("sha256");
  let bytes = 0;
  let text = "";
  let end = Buffer.alloc(0);
  for await (const piece of response.body ?? []) {
    bytes += piece.length;
    hash.update(piece);
    end = Buffer.concat([end, piece.subarray(-endBytes)]).subarray(-endBytes);
    if (text.length < 300) text += Buffer.from(piece.subarray(0, 300)).toString();
  }
  return {
    status: response.status,
    bytes,
    intact: hash.digest("hex") === sha256,
    text: text.slice(0, 300),
    end: end.toString(),
    exchange: response.headers.get("x-tollgate-exchange-id"),
  };
}

/** Asks for an answer, which must come byte for byte and be charged what its provider says it used; Envoy must live. */
export async function provesLarge(
  { stack, envoyExits }: LargeStack,
  model: string,
  stream: boolean,
  answer: LargeAnswer,
): Promise<void> {
  const outcome = await askLarge(stack.baseUrl, model, stream, answer);
  const name = `${model}, ${JSON.stringify(answer)}: ${outcome.bytes} bytes, ${outcome.text} … ${outcome.end}`;
  assert.deepEqual(envoyExits, [], name);
  assert.ok(outcome.status === 200 && outcome.intact, name);
  const record = await stack.record(outcome.exchange);
  assert.deepEqual([record.usage_source, record.cost_nano_usd], ["provider", "12000"], name);
}
