/**
 * What a dialect costs where bytes pass untouched: an event of a stream, a request of 2 KB read and spliced, the memory of an open stream.
 * `npm run bench:dialect` prints what results/dialect.md keeps.
 */
import { cpus, loadavg } from "node:os";
import { headersOf } from "../../src/core/headers.ts";
import type { Dialect, RequestFacts, ResponseTransform } from "../../src/dialect/dialect.ts";
import { dialects } from "../../src/dialect/index.ts";
import { frameEventStream } from "../support/dialect/event-stream-frames.ts";

const samples = 4_000;
const eventsPerSample = 20;
const requestsPerSample = 10;
const openStreams = 5_000;

/** One dialect's stream and request. */
interface Subject {
  readonly path: string;
  /** The request with a prompt of so many bytes. */
  body(prompt: string): object;
  readonly capField: string;
  readonly contentType: string;
  /** One content event, as the provider writes it. */
  readonly event: Buffer;
}

const sse = "text/event-stream";
const aws = "application/vnd.amazon.eventstream";
const userTurn = (content: string) => ({ messages: [{ role: "user", content }] });
const claudeDelta = {
  type: "content_block_delta",
  index: 0,
  delta: { type: "text_delta", text: " toll" },
};

const subjects: Readonly<Record<string, Subject>> = {
  "openai-chat": {
    path: "/v1/chat/completions",
    body: (prompt) => ({ model: "a", stream: true, temperature: 0.5, ...userTurn(prompt) }),
    capField: "max_completion_tokens",
    contentType: sse,
    event: data({
      id: "chatcmpl-BkR7Xq2dJmV0aLw9eTz4hYc1uNs8o",
      object: "chat.completion.chunk",
      created: 1_795_000_000,
      model: "gpt-4.1-2025-04-14",
      service_tier: "default",
      system_fingerprint: "fp_51e1070cf2",
      choices: [{ index: 0, delta: { content: " toll" }, logprobs: null, finish_reason: null }],
      usage: null,
    }),
  },
  "openai-responses": {
    path: "/v1/responses",
    body: (input) => ({ model: "a", stream: true, temperature: 0.5, input }),
    capField: "max_output_tokens",
    contentType: sse,
    event: data(
      {
        type: "response.output_text.delta",
        sequence_number: 17,
        item_id: "msg_68a1b2c3d4e5f6a7b8c9d0e1f2a3b4c5",
        output_index: 0,
        content_index: 0,
        delta: " toll",
        logprobs: [],
        obfuscation: "aB3dE6gH9j",
      },
      "response.output_text.delta",
    ),
  },
  "anthropic-messages": {
    path: "/v1/messages",
    body: (prompt) => ({ model: "a", stream: true, max_tokens: 10, ...userTurn(prompt) }),
    capField: "max_tokens",
    contentType: sse,
    event: data(claudeDelta, "content_block_delta"),
  },
  "bedrock-converse": {
    path: "/model/anthropic.claude/converse-stream",
    body: (text) => ({ messages: [{ role: "user", content: [{ text }] }] }),
    capField: "maxTokens",
    contentType: aws,
    event: frameEventStream(
      'contentBlockDelta {"contentBlockIndex":0,"delta":{"text":" toll"},"p":"abcdefghijklmnopqrstuvwxyzABCD"}',
    ),
  },
  "bedrock-invoke": {
    path: "/model/anthropic.claude/invoke-with-response-stream",
    body: (prompt) => ({ anthropic_version: "bedrock-2023-05-31", max_tokens: 10, ...userTurn(prompt) }),
    capField: "max_tokens",
    contentType: aws,
    event: frameEventStream(`#chunk ${JSON.stringify(claudeDelta)}`),
  },
  "gemini-generate": {
    path: "/v1beta/models/gemini:streamGenerateContent?alt=sse",
    body: (text) => ({ contents: [{ role: "user", parts: [{ text }] }] }),
    capField: "maxOutputTokens",
    contentType: sse,
    event: data({
      candidates: [{ content: { parts: [{ text: " toll" }], role: "model" }, index: 0 }],
      usageMetadata: {
        promptTokenCount: 100,
        candidatesTokenCount: 17,
        totalTokenCount: 117,
        promptTokensDetails: [{ modality: "TEXT", tokenCount: 100 }],
      },
      modelVersion: "gemini-2.5-flash",
      responseId: "0aBcD1eFgH2iJkL3mNoP4q",
    }),
  },
};

function data(event: object, name?: string): Buffer {
  return Buffer.from(`${name === undefined ? "" : `event: ${name}\n`}data: ${JSON.stringify(event)}\n\n`);
}

/** A dialect with the facts of one request. */
function admit(subject: Subject): { readonly dialect: Dialect; readonly facts: RequestFacts; run(): Buffer } {
  for (const dialect of dialects) {
    const operation = dialect.match("POST", subject.path);
    if (operation === undefined) continue;
    const prompt = "The toll is paid at the gate, 'and not before it'.\n".repeat(40).slice(0, 1_900);
    const body = Buffer.from(JSON.stringify(subject.body(prompt)));
    const edits = { model: "another-model", outputCap: 4_096, outputCapField: subject.capField };
    const run = () => dialect.splice(body, dialect.inspect(body, operation), edits);
    return { dialect, facts: dialect.inspect(body, operation), run };
  }
  throw new Error(`${subject.path} is nobody's`);
}

function open(dialect: Dialect, facts: RequestFacts, subject: Subject): ResponseTransform {
  const headers = headersOf({ "content-type": subject.contentType });
  return dialect.passResponse({ status: 200, headers, facts, onText: () => {} });
}

/** Microseconds for one of `each` runs of `work`: the middle and the 99th per cent of all samples. */
function timed(each: number, work: () => void): { readonly p50: number; readonly p99: number } {
  const micros: number[] = [];
  for (let n = 0; n < samples * 1.5; n += 1) {
    const began = performance.now();
    for (let i = 0; i < each; i += 1) work();
    // The first third warms the compiler up.
    if (n >= samples / 2) micros.push(((performance.now() - began) * 1_000) / each);
  }
  micros.sort((a, b) => a - b);
  const at = (share: number) => micros[Math.floor(micros.length * share)] ?? Number.NaN;
  return { p50: at(0.5), p99: at(0.99) };
}

/** Bytes that one stream holds while it waits for the next event, or for the rest of one. */
function memoryOf(dialect: Dialect, facts: RequestFacts, subject: Subject, half: boolean): number {
  const held: ResponseTransform[] = new Array(openStreams);
  const before = memory();
  for (let n = 0; n < openStreams; n += 1) {
    const transform = open(dialect, facts, subject);
    for (let i = 0; i < 3; i += 1) transform.push(Buffer.from(subject.event), false);
    if (half) transform.push(Buffer.from(subject.event.subarray(0, subject.event.length >> 1)), false);
    held[n] = transform;
  }
  const bytes = (memory() - before) / openStreams;
  if (held.some((transform) => transform.seen.error !== undefined)) throw new Error("a stream broke");
  return bytes;
}

function memory(): number {
  if (gc === undefined) throw new Error("run with --expose-gc");
  // Once is not enough for what finalizers let go.
  for (let n = 0; n < 3; n += 1) gc();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

console.log(
  `Node ${process.versions.node}, ${cpus().length} × ${cpus()[0]?.model}, load ${loadavg()[0]?.toFixed(1)}, ${new Date().toISOString().slice(0, 10)}\n`,
);
console.log(
  "| dialect | event, µs p50 (p99) | bytes | 2 KB request, µs p50 (p99) | open stream, bytes: between events, in one |",
);
console.log("|---|---|---|---|---|");
for (const [name, subject] of Object.entries(subjects)) {
  const { dialect, facts, run } = admit(subject);
  const transform = open(dialect, facts, subject);
  const event = timed(eventsPerSample, () => transform.push(subject.event, false));
  if (transform.seen.error !== undefined || !transform.seen.content) throw new Error(`${name} was not read`);
  const request = timed(requestsPerSample, run);
  // The first fills the caches of the shapes.
  memoryOf(dialect, facts, subject, true);
  const waiting = memoryOf(dialect, facts, subject, false);
  const half = memoryOf(dialect, facts, subject, true);
  const told = ({ p50, p99 }: { p50: number; p99: number }) => `${p50.toFixed(1)} (${p99.toFixed(1)})`;
  console.log(
    `| ${name} | ${told(event)} | ${subject.event.length} | ${told(request)} | ${waiting.toFixed(0)}, ${half.toFixed(0)} |`,
  );
}
