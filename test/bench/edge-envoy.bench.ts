import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { edges } from "../../src/edge/index.ts";
import { EdgeEnvoy } from "../support/edge-envoy.ts";
import { EdgeProcess } from "../support/edge-process.ts";
import { runHttpLoad } from "../support/http-load.ts";
import { medianAndBest } from "../support/median-and-best.ts";

// A POST of 2 KB through a real Envoy that asks the edge four times: the edges in turn, several rounds. Envoy has the first CPU,
// the edge and the load share the second, to which the script that starts this pins it. Usage: npm run bench:edge

const rounds = 5;
const envoyCpu = 0;

interface Row {
  readonly name: string;
  readonly perSecond: number;
  readonly cpuMicros: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly failed: number;
}

const rows: Row[] = [];
for (let round = 0; round < rounds; round++) for (const { name } of edges) rows.push(await measure(name));
console.log(`through Envoy, 16 requests at a time, ${rounds} rounds, medians (best)`);
console.log("| edge | requests/s | edge's CPU µs a request | p50 ms | p99 ms | failed |");
console.log("|---|---|---|---|---|---|");
for (const { name } of edges) {
  const of = rows.filter((row) => row.name === name);
  const cells = [
    medianAndBest(
      of.map((row) => row.perSecond),
      Math.max,
    ),
    medianAndBest(
      of.map((row) => row.cpuMicros),
      Math.min,
    ),
    medianAndBest(
      of.map((row) => row.p50Ms),
      Math.min,
      1,
    ),
    medianAndBest(
      of.map((row) => row.p99Ms),
      Math.min,
      1,
    ),
    String(of.reduce((sum, row) => sum + row.failed, 0)),
  ];
  console.log(`| ${name} | ${cells.join(" | ")} |`);
}
const [ours, theirs] = edges.map(({ name }) => rows.filter((row) => row.name === name));
const ratios = ours!.map((row, round) => row.perSecond / theirs![round]!.perSecond);
console.log(`throughput, ratio of neighbouring runs: ${medianAndBest(ratios, Math.max, 2)}`);

async function measure(name: string): Promise<Row> {
  const folder = mkdtempSync(join(tmpdir(), "edge-envoy-"));
  const socketPath = join(folder, "edge.sock");
  const server = await EdgeProcess.start(name, `unix:${socketPath}`);
  const envoy = await EdgeEnvoy.start(folder, socketPath, envoyCpu);
  let startMicros = 0;
  const { answered, failed, seconds, p50Ms, p99Ms } = await runHttpLoad({
    port: envoy.port,
    connections: 16,
    requestBytes: 2_075,
    warmUpMs: 1_500,
    runMs: 3_000,
    onMeasure: async () => {
      startMicros = (await server.usage()).cpuMicros;
    },
  });
  const cpuMicros = ((await server.usage()).cpuMicros - startMicros) / (answered + failed);
  await envoy.stop();
  await server.stop();
  rmSync(folder, { recursive: true });
  return { name, perSecond: answered / seconds, cpuMicros, p50Ms, p99Ms, failed };
}
