import { headersOf } from "../../src/core/headers.ts";
import {
  gzipBomb,
  type WorstInput,
  worstAnswers,
  worstEventStreams,
  worstRequests,
  worstStreams,
} from "../support/worst-inputs.ts";
import {
  type AnswerKind,
  answerStallMs,
  headersStallMs,
  requestStallMs,
  worstCaseExchanges,
} from "../support/worst-stall.ts";

// The longest that the event loop is held, in CPU time of its thread, by the worst input known for each reader, at the size limits: request
// bodies of 31 MB, whole answers of 60 MB, streams of 16 MB that Envoy hands on in pieces of 1 MB. Usage: npm run bench:worst [MEGABYTES]

const megabytes = process.argv[2] === undefined ? undefined : Number(process.argv[2]);
const requestBytes = (megabytes ?? 31) * 1_000_000;
const answerBytes = (megabytes ?? 60) * 1_000_000;
const streamBytes = (megabytes ?? 16) * 1_000_000;
const pieceBytes = 1_000_000;

/** Every input is read to its end: the usual deadline would end the slowest. */
const orderMs = 300_000;
const exchanges = worstCaseExchanges(orderMs);

function row(what: string, name: string, stallMs: number, tookMs: number): void {
  console.log(`| ${what} | ${name} | ${stallMs.toFixed(1)} | ${tookMs.toFixed(0)} |`);
}

async function measure(
  what: string,
  input: WorstInput,
  bytes: number,
  stall: (body: Buffer) => Promise<number>,
) {
  const body = input.make(bytes);
  const beganMs = performance.now();
  const stallMs = await stall(body);
  row(what, input.name, stallMs, performance.now() - beganMs);
}

const whole: AnswerKind = { contentType: "application/json", model: "one", stream: false, pieceBytes };
const streamed: AnswerKind = { contentType: "text/event-stream", model: "one", stream: true, pieceBytes };

console.log("| reader | input | longest stall, ms | whole, ms |\n|---|---|---|---|");
for (const input of worstRequests.slice(0, 1)) await requestStallMs(exchanges, input.make(1_000_000), "one");
for (const input of worstRequests) {
  await measure("request, passed", input, requestBytes, (body) => requestStallMs(exchanges, body, "one"));
  await measure("request, translated", input, requestBytes, (body) =>
    requestStallMs(exchanges, body, "other"),
  );
}
for (const input of worstAnswers) {
  await measure("whole answer, passed", input, answerBytes, (body) => answerStallMs(exchanges, body, whole));
  await measure("whole answer, translated", input, answerBytes, (body) =>
    answerStallMs(exchanges, body, { ...whole, model: "other" }),
  );
}
for (const input of worstStreams) {
  await measure("stream, passed", input, streamBytes, (body) => answerStallMs(exchanges, body, streamed));
  await measure("stream, translated", input, streamBytes, (body) =>
    answerStallMs(exchanges, body, { ...streamed, model: "other" }),
  );
}
const ofAws: AnswerKind = { ...streamed, contentType: "application/vnd.amazon.eventstream", model: "aws" };
for (const input of worstEventStreams)
  await measure("AWS event stream, translated", input, streamBytes, (body) =>
    answerStallMs(exchanges, body, ofAws),
  );
for (const [what, kind] of [
  ["gzip stream", streamed],
  ["gzip whole answer", whole],
] as const)
  await measure(what, { name: "bomb of line feeds", make: gzipBomb }, answerBytes, (body) =>
    answerStallMs(exchanges, body, { ...kind, encoding: "gzip" }),
  );
// As many as Envoy lets through: 100 headers, 60 KiB.
const flood = Array.from({ length: 99 }, (_, n) => [`x-flood-${n}`, "a".repeat(590)] as const);
const headers = headersOf({ ...Object.fromEntries(flood), "content-type": "application/json" });
await headersStallMs(exchanges, headers);
row("request headers", "99 of 600 bytes", await headersStallMs(exchanges, headers), 0);
await exchanges.services.offload.close();
process.exit(0);
