import { mkdtempSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { EdgeEnvoy } from "../support/edge/envoy.ts";
import { chatRequest, startChatUpstream } from "../support/load/chat-upstream.ts";
import { type HttpLoadResult, runHttpLoad } from "../support/load/http-load.ts";
import { type Pace, portOf, readPacedStreams } from "../support/load/paced-streams.ts";
import { measuredCpu, moveToCpu, otherCpu } from "../support/measure/cpu.ts";
import { medianAndBest } from "../support/measure/median-and-best.ts";
import { processUsage } from "../support/measure/process-usage.ts";
import { createTestConfig } from "../support/stack/test-config.ts";
import { startTollgate } from "../support/stack/tollgate-process.ts";

// The whole gateway, everything on (keys, counting, limits, budgets, holds, records), beside a plain Envoy: the two in turn, several
// rounds. The gateway with its Envoy has one CPU, upstream and clients the other. What a core could do is told by the CPU time a request takes.
// Usage: npm run bench:gateway [-- ROUNDS]

const rounds = Number(process.argv[2] ?? 3);
const pace: Pace = { events: 50, everyMs: 20, eventBytes: 0 };
const streams = 300;
const streamsAtOnce = 100;

const config = (upstreamPort: number) => `
version: 1
listen: { address: "127.0.0.1:0" }
server: { address: "unix:./run/t.sock" }
admin: { address: "127.0.0.1:0" }
backends:
  up: { provider: openai-compatible, endpoint: "http://127.0.0.1:${upstreamPort}/v1", price: { input: 0.4, output: 1.6 } }
models:
  "*": { targets: ["up/*"] }
identity: [{ type: api-key, file: ./keys.yaml }]
limits:
  - { name: tenant-tokens, per: [tenant_id], tokens: 400000000000, window: 1m }
  - { name: user-requests, per: [user_id], requests: 60000000, window: 1m }
  - { name: user-parallel, per: [user_id], concurrent: 80000 }
budgets:
  - { name: tenant-month, per: [tenant_id], usd: 100000000, window: month }
  - { name: workflow-day, per: [tenant_id, workflow], usd: 50000000, window: day }
ledger: { type: local, path: ./var/ledger }
usage: { log: ./var/usage }
`;

/** A gateway under way. */
interface Running {
  /** When its first process was started. */
  readonly startedMs: number;
  readonly port: number;
  readonly pids: readonly number[];
  stop(): Promise<void>;
}

/** What one round said of one gateway. */
interface Row {
  readonly startMs: number;
  readonly rssMb: number;
  readonly one: Work;
  readonly sixteen: Work;
  readonly large: Work;
  readonly besideMs: number;
  readonly streamCpuMs: number;
  readonly firstEventP50Ms: number;
  readonly firstEventP99Ms: number;
}

/** What requests of one kind took. */
interface Work extends HttpLoadResult {
  /** CPU time of the gateway's processes, a request. */
  readonly cpuMicros: number;
}

moveToCpu(otherCpu);
const upstream = await startChatUpstream(pace);
const rows = { plain: [] as Row[], tollgate: [] as Row[] };
for (let round = 0; round < rounds; round++) {
  rows.plain.push(await measure(startPlain));
  rows.tollgate.push(await measure(startGateway));
}
upstream.close();
report();

async function startPlain(): Promise<Running> {
  const folder = mkdtempSync(join(tmpdir(), "gateway-plain-"));
  const answers = { port: portOf(upstream), mode: "alone" } as const;
  const startedMs = performance.now();
  const envoy = await EdgeEnvoy.start(folder, undefined, measuredCpu, answers);
  return {
    startedMs,
    port: envoy.port,
    pids: [envoy.pid],
    stop: async () => {
      await envoy.stop();
      rmSync(folder, { recursive: true });
    },
  };
}

async function startGateway(): Promise<Running> {
  const prepared = await createTestConfig({ config: config(portOf(upstream)) });
  const startedMs = performance.now();
  const tollgate = await startTollgate(prepared, measuredCpu);
  return {
    startedMs,
    port: Number(new URL(tollgate.baseUrl).port),
    pids: [tollgate.pid, tollgate.envoyPid],
    stop: async () => {
      await tollgate.end("SIGTERM");
      await prepared.close();
    },
  };
}

async function measure(start: () => Promise<Running>): Promise<Row> {
  const running = await start();
  try {
    return await rowOf(running);
  } finally {
    await running.stop();
  }
}

async function rowOf({ startedMs, port, pids }: Running): Promise<Row> {
  await firstAnswer(port);
  const startMs = performance.now() - startedMs;
  const one = await run(port, pids, { connections: 1, bytes: 2_048, warmUpMs: 4_000, runMs: 3_000 });
  const sixteen = await run(port, pids, { connections: 16, bytes: 2_048, warmUpMs: 4_000, runMs: 4_000 });
  const rssMb = pids.reduce((sum, pid) => sum + processUsage(pid).rssBytes, 0) / 1e6;
  const large = await run(port, pids, { connections: 4, bytes: 102_400, warmUpMs: 1_500, runMs: 3_000 });
  return {
    startMs,
    one,
    sixteen,
    rssMb,
    large,
    besideMs: await slowestBeside(port),
    ...(await paced(port, pids)),
  };
}

async function paced(
  port: number,
  pids: readonly number[],
): Promise<Pick<Row, "streamCpuMs" | "firstEventP50Ms" | "firstEventP99Ms">> {
  const requests = { request: chatRequest(2_048, true), overMs: pace.events * pace.everyMs };
  await readPacedStreams(port, pace, streamsAtOnce, streamsAtOnce, requests);
  const cpuBefore = cpuMicrosOf(pids);
  const seen = await readPacedStreams(port, pace, streams, streamsAtOnce, requests);
  const streamCpuMs = (cpuMicrosOf(pids) - cpuBefore) / 1_000 / streams;
  if (seen.failed > 0) throw new Error(`${seen.failed} streams did not come whole`);
  const first = seen.firstEventMs.toSorted((a, b) => a - b);
  return { streamCpuMs, firstEventP50Ms: at(first, 0.5), firstEventP99Ms: at(first, 0.99) };
}

/** One kind of request, repeated. */
interface Repeated {
  readonly connections: number;
  readonly bytes: number;
  readonly warmUpMs: number;
  readonly runMs: number;
}

async function run(port: number, pids: readonly number[], { bytes, ...load }: Repeated): Promise<Work> {
  let cpuBefore = cpuMicrosOf(pids);
  const result = await runHttpLoad({
    ...load,
    port,
    request: chatRequest(bytes),
    onMeasure: async () => {
      cpuBefore = cpuMicrosOf(pids);
    },
  });
  if (result.failed > 0) throw new Error(`${result.failed} requests failed`);
  return { ...result, cpuMicros: (cpuMicrosOf(pids) - cpuBefore) / Math.max(1, result.answered) };
}

function askOnce(port: number, request: Buffer): void {
  const socket = connect(port, "127.0.0.1");
  socket.on("data", () => socket.destroy());
  socket.write(request);
}

async function firstAnswer(port: number): Promise<void> {
  const response = await fetch(`http://127.0.0.1:${port}/v1/chat/completions`, {
    method: "POST",
    headers: { authorization: "Bearer key-acme", "content-type": "application/json" },
    body: JSON.stringify({ model: "model-a", messages: [{ role: "user", content: "Hello" }] }),
  });
  if (response.status !== 200) throw new Error(`the first answer has status ${response.status}`);
  await response.text();
}

/** The slowest of small calls, one at a time, beside each of six prompts of 1 MB; the median of the six. */
async function slowestBeside(port: number): Promise<number> {
  const slowest: number[] = [];
  const [smallRequest, largeRequest] = [chatRequest(2_048), chatRequest(1_000_000)];
  for (let prompt = 0; prompt < 6; prompt++) {
    const small = runHttpLoad({
      port,
      connections: 1,
      request: smallRequest,
      warmUpMs: 200,
      runMs: 300,
      onMeasure: async () => {
        askOnce(port, largeRequest);
      },
    });
    slowest.push((await small).slowestMs);
  }
  return at(
    slowest.toSorted((a, b) => a - b),
    0.5,
  );
}

function cpuMicrosOf(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => sum + processUsage(pid).cpuMicros, 0);
}

function at(sorted: readonly number[], share: number): number {
  return sorted[Math.floor(sorted.length * share)] ?? Number.NaN;
}

function report(): void {
  console.log(`${rounds} rounds, medians (best)\n`);
  console.log("| what | plain Envoy | Tollgate | Tollgate : plain |\n|---|---|---|---|");
  line("2 KB, 16 at a time: CPU s per 1,000", (row) => row.sixteen.cpuMicros / 1_000, 3);
  line("the same: answers/s", (row) => row.sixteen.answered / row.sixteen.seconds, 0, Math.max);
  line("the same: resident memory afterwards, MB", (row) => row.rssMb, 0);
  line("one at a time: p50 ms", (row) => row.one.p50Ms, 2);
  line("the same: p99 ms", (row) => row.one.p99Ms, 2);
  line("100 KB, 4 at a time: CPU s per 1,000", (row) => row.large.cpuMicros / 1_000, 3);
  line("slowest small call beside 1 MB: ms", (row) => row.besideMs, 1);
  line(
    `${streamsAtOnce} streams of ${pace.events} events at once: CPU s per 1,000`,
    (row) => row.streamCpuMs,
    2,
  );
  line("the same: first event p50 ms", (row) => row.firstEventP50Ms, 2);
  line("the same: first event p99 ms", (row) => row.firstEventP99Ms, 2);
  line("start to the first answer: ms", (row) => row.startMs, 0);
}

function line(
  title: string,
  pick: (row: Row) => number,
  digits: number,
  best: (...values: number[]) => number = Math.min,
): void {
  const cell = (of: readonly Row[]) => medianAndBest(of.map(pick), best, digits);
  const ratios = rows.tollgate.map((row, round) => pick(row) / pick(rows.plain[round] ?? row));
  console.log(
    `| ${title} | ${cell(rows.plain)} | ${cell(rows.tollgate)} | ${medianAndBest(ratios, best, 2)} |`,
  );
}
