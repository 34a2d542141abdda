import { writeFileSync } from "node:fs";
import { availableParallelism, loadavg } from "node:os";
import {
  type Beside,
  type Crowd,
  eightReaders,
  type MeasuredGateway,
  measureBeside,
  startPlainGateway,
  startTollgateGateway,
} from "../support/load/beside-large.ts";
import { startProviderThread } from "../support/load/large-crowd.ts";
import { moveToCpu, otherCpu } from "../support/measure/cpu.ts";

// What others wait while eight clients read streams of 20 MB, or twenty clients do not read theirs: Tollgate beside a plain Envoy, in turn. A
// gateway with its Envoy has one CPU, provider and clients the other. Writes test/bench/results/large.md.
// Usage: npm run bench:large [-- SECONDS [ROUNDS]]

const seconds = Number(process.argv[2] ?? 15);
const rounds = Number(process.argv[3] ?? 3);
const resultFile = "test/bench/results/large.md";

/** Whom the small calls run beside. */
const crowds: readonly Crowd[] = [
  { name: "nobody", readers: 0, idlers: 0, bytes: 0 },
  eightReaders,
  { name: "20 who do not read 20 MB", readers: 0, idlers: 20, bytes: 20_000_000 },
  { name: "20 who do not read 100 MB", readers: 0, idlers: 20, bytes: 100_000_000 },
];

const rows: string[] = [];
moveToCpu(otherCpu);
const provider = await startProviderThread();
try {
  for (const crowd of crowds)
    for (let round = 1; round <= rounds; round++) {
      const plain = await measure(await startPlainGateway(provider.port), crowd);
      const tollgate = await measure(await startTollgateGateway(provider.port), crowd);
      const ratio = (tollgate.waits.p99 / plain.waits.p99).toFixed(1);
      row(crowd.name, round, plain, tollgate, ratio);
      console.log(`  p99: ${ratio} times that of plain Envoy`);
    }
} finally {
  await provider.stop();
}
writeFileSync(resultFile, report());
console.log(`written: ${resultFile}`);

async function measure(gateway: MeasuredGateway, crowd: Crowd): Promise<Beside> {
  const beside = await measureBeside(gateway, crowd, seconds * 1_000);
  const { count, p50, p99, max } = beside.waits;
  console.log(
    `${gateway.name} beside ${crowd.name}: ${count} small calls, p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(0)} ms, max ${max.toFixed(0)} ms; ` +
      `${beside.crowd.streams} streams, ${megabytes(beside.crowd.bytes)} MB read; +${beside.grownBytes.map(megabytes).join(", +")} MB`,
  );
  return beside;
}

function row(name: string, round: number, plain: Beside, tollgate: Beside, ratio: string): void {
  const waits = ({ waits: { p50, p99 } }: Beside): string => `${p50.toFixed(0)} / ${p99.toFixed(0)}`;
  const grown = ({ grownBytes }: Beside): string => grownBytes.map(megabytes).join(" + ");
  rows.push(
    `| ${name} | ${round} | ${waits(plain)} | ${waits(tollgate)} | ${ratio} | ${grown(plain)} | ${grown(tollgate)} |`,
  );
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(0);
}

function report(): string {
  return `# Small calls beside large streams

Written by \`npm run bench:large -- ${seconds} ${rounds}\` on ${new Date().toISOString().slice(0, 10)}, Node ${process.versions.node}. Four clients ask for answers of 1 KB for ${seconds} s, each 10 ms after the
last, while others have streams under way. Gateway and Envoy share one CPU; provider and clients have the other. Plain Envoy and Tollgate are measured in turn, each
started anew. Ratios tell more than times: what else the machine does moves both. Its load average at the end was ${loadavg()[0]?.toFixed(0)} on ${availableParallelism()} CPUs.

| beside | round | plain Envoy: p50 / p99, ms | Tollgate: p50 / p99, ms | p99, times plain Envoy's | plain Envoy grows, MB | Tollgate's Envoy + Tollgate grow, MB |
|---|---|---|---|---|---|---|
${rows.join("\n")}
`;
}
