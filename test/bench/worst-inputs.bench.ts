import { setTimeout as delay } from "node:timers/promises";
import { headersOf } from "../../src/core/headers.ts";
import {
  gzipBomb,
  type WorstInput,
  worstAnswers,
  worstEventStreams,
  worstMessages,
  worstRequests,
  worstStreams,
  worstTranslatedStreams,
} from "../support/hostile/worst-inputs.ts";
import {
  type AnswerKind,
  answerStallMs,
  headersStallMs,
  requestStallMs,
  worstCaseExchanges,
} from "../support/hostile/worst-stall.ts";
import { longestHeldMs } from "../support/measure/loop-stall.ts";

// The longest that the event loop is held, less what its thread waited for a processor, by the worst input known for each reader, at the size
// limits: request bodies of 31 MB, whole answers of 60 MB, streams of 16 MB that Envoy hands on in pieces of 1 MB. What an input causes comes
// each time, and what the machine adds does not: a row above the bar is run again, and the least and the most of its runs are shown. Rows are
// printed as they come; once the time for reruns is over, each input is run once. At the limits the table takes about four minutes.
// Usage: npm run bench:worst [MEGABYTES] [ROWS], e.g. npm run bench:worst 16 "one event"; 0 megabytes are the limits

const asked = Number(process.argv[2] ?? 0);
const megabytes = asked > 0 ? asked : undefined;
const only = process.argv[3] ?? "";
const requestBytes = (megabytes ?? 31) * 1_000_000;
const answerBytes = (megabytes ?? 60) * 1_000_000;
const streamBytes = (megabytes ?? 16) * 1_000_000;
const pieceBytes = 1_000_000;

/** Workers have the deadline of a gateway's, which ends the slowest inputs. */
const exchanges = worstCaseExchanges();

const barMs = 8;
const runsMax = 4;
const rerunsUntilMs = performance.now() + 200_000;

function row(what: string, name: string, stallsMs: readonly number[], tookMs: number): void {
  const [least, most] = [Math.min(...stallsMs), Math.max(...stallsMs)].map((ms) => ms.toFixed(1));
  console.log(`| ${what} | ${name} | ${least} | ${most} | ${stallsMs.length} | ${tookMs.toFixed(0)} |`);
}

function wantsRun(stallsMs: readonly number[]): boolean {
  const last = stallsMs.at(-1);
  if (last === undefined) return true;
  return last >= barMs && stallsMs.length < runsMax && performance.now() < rerunsUntilMs;
}

async function measure(
  what: string,
  input: WorstInput,
  bytes: number,
  stall: (body: Buffer) => Promise<number>,
) {
  if (!`${what}, ${input.name}`.includes(only)) return;
  const body = input.make(bytes);
  const stallsMs: number[] = [];
  let tookMs = 0;
  while (wantsRun(stallsMs)) {
    const beganMs = performance.now();
    stallsMs.push(await stall(body));
    tookMs = performance.now() - beganMs;
  }
  row(what, input.name, stallsMs, tookMs);
}

const whole: AnswerKind = { contentType: "application/json", model: "one", stream: false, pieceBytes };
const streamed: AnswerKind = { contentType: "text/event-stream", model: "one", stream: true, pieceBytes };

// What a gateway has done before its first request: vocabularies and workers are there.
for (const input of worstRequests.slice(0, 3))
  for (const model of ["one", "other"]) await requestStallMs(exchanges, input.make(1_000_000), model);
console.log("| reader | input | least, ms | most, ms | runs | whole, ms |\n|---|---|---|---|---|---|");
await measure("nothing", { name: "the loop turns for 2 s", make: () => Buffer.alloc(0) }, 0, () =>
  longestHeldMs(() => delay(2_000)),
);
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
for (const input of worstStreams.filter(({ name }) => name.startsWith("one event")))
  await measure("stream, checked", input, streamBytes, (body) =>
    answerStallMs(exchanges, body, { ...streamed, model: "checked" }),
  );
for (const input of worstTranslatedStreams)
  await measure("stream of Anthropic, translated", input, streamBytes, (body) =>
    answerStallMs(exchanges, body, { ...streamed, model: "other" }),
  );
const ofAws: AnswerKind = { ...streamed, contentType: "application/vnd.amazon.eventstream", model: "aws" };
for (const input of [...worstEventStreams, ...worstMessages])
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
await headersStallMs(exchanges, headersOf({}));
const headers = headersOf({ ...Object.fromEntries(flood), "content-type": "application/json" });
row("request headers", "99 of 600 bytes", [await headersStallMs(exchanges, headers)], 0);
await exchanges.services.offload.close();
process.exit(0);
