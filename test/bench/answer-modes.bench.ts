import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type AnswerMode, EdgeEnvoy } from "../support/edge/envoy.ts";
import { EdgeProcess } from "../support/edge/process.ts";
import { type Pace, portOf, readPacedStreams, startPacedUpstream } from "../support/load/paced-streams.ts";
import { medianAndBest } from "../support/measure/median-and-best.ts";

// Paced streams through a real Envoy, by Envoy alone, by an edge in STREAMED and in FULL_DUPLEX_STREAMED; the three in turn, several
// rounds. Envoy has the first CPU, the rest share the second, to which the script that starts this pins it.
// Usage: npm run bench:answers

const rounds = Number(process.env.ROUNDS ?? 5);
const streams = Number(process.env.STREAMS ?? 1_000);
const atOnce = 100;
const pace: Pace = { events: 50, everyMs: 50, eventBytes: 200 };
const envoyCpu = 0;
const modes: readonly AnswerMode[] = ["alone", "STREAMED", "FULL_DUPLEX_STREAMED"];

interface Row {
  readonly mode: AnswerMode;
  /** Milliseconds of CPU for the round's streams. */
  readonly envoyMs: number;
  readonly edgeMs: number;
  readonly firstP50Ms: number;
  readonly firstP99Ms: number;
  readonly eventP50Ms: number;
  readonly eventP99Ms: number;
  readonly failed: number;
}

const upstream = await startPacedUpstream(pace);
const rows: Row[] = [];
for (let round = 0; round < rounds; round++) for (const mode of modes) rows.push(await measure(mode));
upstream.close();
console.log(
  `${streams} streams of ${pace.events} events of ${pace.eventBytes} B, ${pace.everyMs} ms apart, ${atOnce} at a time; ${rounds} rounds, medians (best)`,
);
console.log(
  "| mode | Envoy's CPU ms | edge's CPU ms | first event p50 ms | p99 ms | event p50 ms | p99 ms | failed |",
);
console.log("|---|---|---|---|---|---|---|---|");
const columns = ["envoyMs", "edgeMs", "firstP50Ms", "firstP99Ms", "eventP50Ms", "eventP99Ms"] as const;
for (const mode of modes) {
  const of = rowsOf(mode);
  const cells = columns.map((column) => {
    const values = of.map((row) => row[column]);
    return medianAndBest(values, Math.min, column.endsWith("P50Ms") || column.endsWith("P99Ms") ? 2 : 0);
  });
  console.log(`| ${mode} | ${cells.join(" | ")} | ${of.reduce((sum, row) => sum + row.failed, 0)} |`);
}
for (const column of columns) {
  const streamed = rowsOf("STREAMED");
  const ratios = rowsOf("FULL_DUPLEX_STREAMED").map((row, round) => row[column] / streamed[round]![column]);
  console.log(`${column}, duplex : STREAMED in neighbouring runs: ${medianAndBest(ratios, Math.min, 2)}`);
}

function rowsOf(mode: AnswerMode): readonly Row[] {
  return rows.filter((row) => row.mode === mode);
}

async function measure(mode: AnswerMode): Promise<Row> {
  const folder = mkdtempSync(join(tmpdir(), "answer-modes-"));
  const socketPath = join(folder, "edge.sock");
  const server = await EdgeProcess.start("http2", `unix:${socketPath}`);
  const envoy = await EdgeEnvoy.start(folder, socketPath, envoyCpu, { port: portOf(upstream), mode });
  await readPacedStreams(envoy.port, pace, atOnce, atOnce);
  const [envoyStart, edgeStart] = [envoy.usage().cpuMicros, (await server.usage()).cpuMicros];
  const seen = await readPacedStreams(envoy.port, pace, streams, atOnce);
  const envoyMs = (envoy.usage().cpuMicros - envoyStart) / 1_000;
  const edgeMs = ((await server.usage()).cpuMicros - edgeStart) / 1_000;
  await envoy.stop();
  await server.stop();
  rmSync(folder, { recursive: true });
  const [first, event] = [seen.firstEventMs.toSorted(ascending), seen.eventMs.toSorted(ascending)];
  return {
    mode,
    envoyMs,
    edgeMs,
    firstP50Ms: at(first, 0.5),
    firstP99Ms: at(first, 0.99),
    eventP50Ms: at(event, 0.5),
    eventP99Ms: at(event, 0.99),
    failed: seen.failed,
  };
}

function ascending(a: number, b: number): number {
  return a - b;
}

function at(sorted: readonly number[], share: number): number {
  return sorted[Math.floor(sorted.length * share)] ?? Number.NaN;
}
