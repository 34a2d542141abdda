import { mkdtempSync, rmSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { edges } from "../../src/edge/index.ts";
import { type Exchange, type LoadResult, runLoad } from "../support/edge/load.ts";
import { constantExtProc } from "../support/edge/methods.ts";
import { EdgeProcess } from "../support/edge/process.ts";
import { medianAndBest } from "../support/measure/median-and-best.ts";

// Every edge in turn, several rounds, in one run: the ratios are what counts, absolute figures are this machine's.
// Usage: npm run bench:edge [-- SECONDS]

/** A ProcessingRequest of so many bytes, as far as its length and its first tag: what the constant answers look at. */
function request(field: number, bytes: number): Buffer {
  const message = Buffer.alloc(bytes, 0x61);
  message[0] = (field << 3) | 2;
  return message;
}

const head = [request(2, 640), request(4, 2_075), request(3, 334)];
const exchanges = {
  plain: [...head, request(5, 1_500)],
  sse: [...head, ...Array.from({ length: 50 }, () => request(5, 166))],
  "1 MB body": [request(2, 640), request(4, 1 << 20), request(3, 334), request(5, 1_500)],
} satisfies Readonly<Record<string, readonly Buffer[]>>;

interface Row {
  readonly name: string;
  readonly exchange: string;
  readonly streamsPerSecond: number;
  readonly messagesPerSecond: number;
  readonly cpuMicrosPerStream: number;
  readonly p99Ms: number;
  readonly failed: number;
}

const rounds = 5;
const runMs = Number(process.argv[2] ?? 2) * 1_000;
const folder = mkdtempSync(join(tmpdir(), "edge-bench-"));
const rows: Row[] = [];
for (let round = 0; round < rounds; round++)
  for (const [exchange, messages] of Object.entries(exchanges))
    for (const { name } of edges)
      rows.push(await measure(name, exchange, { path: constantExtProc.path, messages }));
rmSync(folder, { recursive: true });
report();

async function measure(name: string, exchangeName: string, exchange: Exchange): Promise<Row> {
  const server = await EdgeProcess.start(name, `unix:${join(folder, `${name}.sock`)}`);
  let startMicros = 0;
  const isLarge = exchangeName === "1 MB body";
  const result: LoadResult = await runLoad(server.address, exchange, {
    connections: isLarge ? 2 : 8,
    streams: isLarge ? 4 : 32,
    ending: "half-close",
    warmUpMs: 1_500,
    runMs,
    onMeasure: async () => {
      startMicros = (await server.usage()).cpuMicros;
    },
  });
  const cpuMicros = (await server.usage()).cpuMicros - startMicros;
  await server.stop();
  return {
    name,
    exchange: exchangeName,
    streamsPerSecond: result.streams / result.seconds,
    messagesPerSecond: result.messages / result.seconds,
    cpuMicrosPerStream: cpuMicros / result.streams,
    p99Ms: result.p99Ms,
    failed: result.failed,
  };
}

function report(): void {
  console.log(
    `node ${process.version}, ${cpus().length} × ${cpus()[0]?.model}, ${rounds} rounds, medians (best)`,
  );
  console.log("| exchange | edge | streams/s | messages/s | CPU µs a stream | exchange p99 ms | failed |");
  console.log("|---|---|---|---|---|---|---|");
  for (const exchange of Object.keys(exchanges))
    for (const { name } of edges) {
      const of = rows.filter((row) => row.name === name && row.exchange === exchange);
      const cells = [
        medianAndBest(
          of.map((row) => row.streamsPerSecond),
          Math.max,
        ),
        medianAndBest(
          of.map((row) => row.messagesPerSecond),
          Math.max,
        ),
        medianAndBest(
          of.map((row) => row.cpuMicrosPerStream),
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
      console.log(`| ${exchange} | ${name} | ${cells.join(" | ")} |`);
    }
}
