import { GatewayError } from "../../src/core/errors.ts";
import { headersOf } from "../../src/core/headers.ts";
import type { Dialect } from "../../src/dialect/dialect.ts";
import { type AskedAs, embeddingProviders, embeddingRequests } from "../fixtures/embedding-cells.ts";
import { translationAnswers } from "../fixtures/translation-answers.ts";
import { streamedInBody, translationRequests } from "../fixtures/translation-requests.ts";
import { answerEmbeddings, askEmbeddings, embedders, embeddingFacts } from "../support/dialect/embeddings.ts";
import {
  clientDialects,
  factsOf,
  streamBytes,
  translateRequest,
  upstreamDialects,
} from "../support/dialect/translation.ts";

/**
 * What translation costs, cell by cell: p50 of a request of 2 KB, decoded and encoded, and of one event of a stream of text deltas, or
 * of a whole answer with a vector. Timings hold on a quiet machine only.
 * Run: `npm run bench:translation`
 */
const rounds = 400;
const deltas = 200;
const bodies = new Map<string, Buffer>();
const fill = "The toll is due at the gate, by axles and by night. ".repeat(36);

/** The bars, in microseconds. */
const requestBarUs = 120;
const eventBarUs = 25;

console.log("| client | provider | request p50 µs | event p50 µs |");
console.log("|---|---|---|---|");
const dearest = { request: 0, event: 0 };
for (const client of clientDialects) {
  for (const upstream of upstreamDialects.filter((one) => one.name !== client.name)) {
    const request = micros(() => askOnce(client, upstream));
    const event = micros(streamOnce(client, upstream)) / deltas;
    dearest.request = Math.max(dearest.request, request);
    dearest.event = Math.max(dearest.event, event);
    console.log(`| ${client.name} | ${upstream.name} | ${request.toFixed(1)} | ${event.toFixed(2)} |`);
  }
}
console.log(
  `| **dearest, of its bar** | | ${of(dearest.request, requestBarUs)} | ${of(dearest.event, eventBarUs)} |\n`,
);
console.log("| client | provider | request p50 µs | answer p50 µs |");
console.log("|---|---|---|---|");

// Embeddings: a request of 2 KB, and an answer with one vector of 1,536 numbers, of which OpenAI's SDKs want base64.
const vectorLength = 1_536;
const vector = Array.from({ length: vectorLength }, (_, at) => Math.fround(Math.sin(at) / 40));

for (const client of embedders) {
  for (const upstream of embedders.filter((one) => one.name !== client.name)) {
    const asked = longText(client);
    const facts = embeddingFacts(client, asked);
    const answer = longVector(upstream);
    const request = micros(() => askEmbeddings(client, upstream, asked));
    const whole = micros(() => answerEmbeddings(client, upstream, facts, [answer]));
    console.log(`| ${client.name} | ${upstream.name} | ${request.toFixed(1)} | ${whole.toFixed(1)} |`);
  }
}

function of(measured: number, bar: number): string {
  return `${Math.round((measured / bar) * 100)} %`;
}

/** The request for one text, made long; OpenAI's in base64. */
function longText(client: Dialect): AskedAs {
  const { path, body } = embeddingRequests[client.name]?.text ?? { path: "", body: {} };
  const more = client.name === "openai-embeddings" ? { encoding_format: "base64" } : {};
  const long = JSON.stringify({ ...body, ...more }).replace('"Hi"', () => `"${fill.slice(0, 2048)}"`);
  return { path, body: JSON.parse(long) };
}

/** An answer with one vector, as long as OpenAI's. */
function longVector({ name }: Dialect): Buffer {
  const short = JSON.stringify(embeddingProviders[name]?.answer(1, { embedding_types: ["float"] }));
  return Buffer.from(short.replace(/\[[\d.,e-]+\]/, () => JSON.stringify(vector)));
}

function askOnce(client: Dialect, upstream: Dialect): void {
  translateRequest(client, upstream, large(client), false);
}

/** The parallel tools' request, its first text made long. */
function large(client: Dialect): Buffer {
  const known = bodies.get(client.name);
  if (known !== undefined) return known;
  const sample = JSON.stringify(translationRequests[client.name]?.["parallel-tools"]);
  const body = Buffer.from(sample.replace("Weather in Oslo and Rome?", fill.slice(0, 2048 - sample.length)));
  bodies.set(client.name, body);
  return body;
}

/** A stream of many deltas: the text answer with its first one repeated. */
function streamOnce(client: Dialect, upstream: Dialect): () => void {
  const sample = translationAnswers[upstream.name]?.text.stream ?? "";
  const pattern =
    upstream.name === "bedrock-converse" ? /^.*I am"}.*\n/m : /(^event: .*\n)?^data: .*I am".*\n\n/m;
  const [delta = ""] = pattern.exec(sample) ?? [];
  if (delta === "") throw new Error(`no delta in the sample of ${upstream.name}`);
  const bytes = streamBytes(upstream.name, sample.replace(pattern, delta.repeat(deltas)));
  const body = streamedInBody.has(client.name)
    ? { ...translationRequests[client.name]?.error, stream: true }
    : translationRequests[client.name]?.error;
  const facts = factsOf(client, Buffer.from(JSON.stringify(body)), true);
  const binary = upstream.name === "bedrock-converse";
  const headers = headersOf({
    "content-type": binary ? "application/vnd.amazon.eventstream" : "text/event-stream",
  });
  const piece = Math.ceil(bytes.length / deltas);
  return () => {
    const encoder = client.client?.encodeAnswer({
      id: "x",
      model: "m",
      createdSec: 1,
      inputTokens: 1,
      facts,
    });
    if (encoder === undefined || upstream.upstream === undefined) throw new Error("no codec");
    const context = { status: 200, headers, facts, onText: () => {} };
    const transform = upstream.upstream.decodeAnswer(context, encoder, "call_x");
    for (let at = 0; at < bytes.length; at += piece)
      transform.push(bytes.subarray(at, at + piece), at + piece >= bytes.length);
    if (!transform.seen.complete) throw transform.seen.error ?? new GatewayError("internal", "not complete");
  };
}

function micros(run: () => void): number {
  for (let round = 0; round < rounds / 4; round += 1) run();
  const times: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const started = process.hrtime.bigint();
    run();
    times.push(Number(process.hrtime.bigint() - started) / 1_000);
  }
  return times.sort((one, other) => one - other)[rounds >> 1] ?? 0;
}
