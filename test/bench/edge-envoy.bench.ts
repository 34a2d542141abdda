import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { EdgeEnvoy } from "../support/edge/envoy.ts";
import { EdgeProcess } from "../support/edge/process.ts";
import { anyPost, runHttpLoad } from "../support/load/http-load.ts";
import { type Cpu, measuredCpu, moveToCpu, onCpu, otherCpu } from "../support/measure/cpu.ts";
import { medianAndBest } from "../support/measure/median-and-best.ts";

// A POST of 2 KB through a real Envoy that asks nobody, or an edge, four times: the edges in turn, several rounds, in each
// placement. `grpc-js/proto-loader` is what one gets without work of one's own; the other two read and write messages by our codec.
// Which of Envoy, edge and load fills its core first decides the throughput, so the CPU of each is told beside it.
// Usage: npm run bench:edge [-- SECONDS]

interface Placement {
  readonly title: string;
  readonly envoy: Cpu;
  readonly edge: Cpu;
  readonly load: Cpu;
  /** Where processes compute without end, one for each entry, as whatever else runs on a machine does. */
  readonly neighbours: readonly Cpu[];
}

const placements: readonly Placement[] = [
  {
    title: "Envoy has a core, the edge shares the other with the load",
    envoy: otherCpu,
    edge: measuredCpu,
    load: measuredCpu,
    neighbours: [],
  },
  { title: "all on one core", envoy: measuredCpu, edge: measuredCpu, load: measuredCpu, neighbours: [] },
  {
    title: "Envoy has a core, the edge shares the other with the load; two busy neighbours on each",
    envoy: otherCpu,
    edge: measuredCpu,
    load: measuredCpu,
    neighbours: [otherCpu, otherCpu, measuredCpu, measuredCpu],
  },
  {
    title: "the edge has half a core, a busy neighbour the rest; Envoy and the load the other",
    envoy: otherCpu,
    edge: measuredCpu,
    load: otherCpu,
    neighbours: [measuredCpu],
  },
  {
    title: "the edge has a quarter of a core, three busy neighbours the rest; Envoy and the load the other",
    envoy: otherCpu,
    edge: measuredCpu,
    load: otherCpu,
    neighbours: [measuredCpu, measuredCpu, measuredCpu],
  },
];

interface Row {
  readonly perSecond: number;
  readonly edgeMicros: number;
  readonly envoyMicros: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly failed: number;
}

const rounds = 5;
const runMs = Number(process.argv[2] ?? 3) * 1_000;
const plain = "none: plain Envoy";
const ours = "http2/own";
const others = ["grpc-js/own", "grpc-js/proto-loader"];
const names = [plain, ours, ...others];
for (const placement of placements) await compare(placement);

async function compare(placement: Placement): Promise<void> {
  moveToCpu(placement.load);
  const neighbours = placement.neighbours.map(startNeighbour);
  const rows = new Map<string, Row[]>(names.map((name) => [name, []]));
  for (let round = 0; round < rounds; round++)
    for (const name of names) rows.get(name)?.push(await measure(name, placement));
  for (const neighbour of neighbours) neighbour.kill();
  console.log(`\n${placement.title}; 16 requests at a time, ${rounds} rounds, medians (best)\n`);
  console.log(
    "| edge | requests/s | of plain | edge's CPU µs a request | Envoy's | p50 ms | p99 ms | failed |",
  );
  console.log("|---|---|---|---|---|---|---|---|");
  const plainRows = rows.get(plain) ?? [];
  for (const [name, of] of rows) console.log(lineOf(name, of, plainRows));
  const own = rows.get(ours) ?? [];
  for (const other of others) {
    const ratio = medianAndBest(ratios(own, rows.get(other) ?? []), Math.max, 2);
    console.log(`\nthroughput, ${ours} : ${other} in neighbouring runs: ${ratio}`);
  }
}

function lineOf(name: string, rows: readonly Row[], plainRows: readonly Row[]): string {
  const cell = (pick: (row: Row) => number, best: (...values: number[]) => number, digits = 0) =>
    medianAndBest(rows.map(pick), best, digits);
  const cells = [
    cell((row) => row.perSecond, Math.max),
    medianAndBest(ratios(rows, plainRows), Math.max, 2),
    cell((row) => row.edgeMicros, Math.min),
    cell((row) => row.envoyMicros, Math.min),
    cell((row) => row.p50Ms, Math.min, 1),
    cell((row) => row.p99Ms, Math.min, 1),
    String(rows.reduce((sum, row) => sum + row.failed, 0)),
  ];
  return `| ${name} | ${cells.join(" | ")} |`;
}

/** Throughput of rows to that of others, round by round. */
function ratios(rows: readonly Row[], others: readonly Row[]): number[] {
  return rows.map((row, round) => row.perSecond / (others[round]?.perSecond ?? Number.NaN));
}

function startNeighbour(cpu: Cpu): ChildProcess {
  return spawn(...onCpu(cpu, process.execPath, ["-e", "for (;;);"]), { stdio: "ignore" });
}

async function measure(name: string, placement: Placement): Promise<Row> {
  const folder = mkdtempSync(join(tmpdir(), "edge-envoy-"));
  const socketPath = join(folder, "edge.sock");
  const server =
    name === plain ? undefined : await EdgeProcess.start(name, `unix:${socketPath}`, [], placement.edge);
  const envoy = await EdgeEnvoy.start(folder, server && socketPath, placement.envoy);
  const edgeMicros = async () => (await server?.usage())?.cpuMicros ?? 0;
  const start = { edge: 0, envoy: 0 };
  const { answered, failed, seconds, p50Ms, p99Ms } = await runHttpLoad({
    port: envoy.port,
    connections: 16,
    request: anyPost(2_075),
    warmUpMs: 1_500,
    runMs,
    onMeasure: async () => {
      start.edge = await edgeMicros();
      start.envoy = envoy.usage().cpuMicros;
    },
  });
  const requests = answered + failed;
  const row = {
    perSecond: answered / seconds,
    edgeMicros: ((await edgeMicros()) - start.edge) / requests,
    envoyMicros: (envoy.usage().cpuMicros - start.envoy) / requests,
    p50Ms,
    p99Ms,
    failed,
  };
  await envoy.stop();
  await server?.stop();
  rmSync(folder, { recursive: true });
  return row;
}
