import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { measuredCpu, moveToCpu, otherCpu } from "../support/cpu.ts";
import { EdgeEnvoy } from "../support/edge-envoy.ts";
import { askLarge, type LargeAnswer, largeConfig, startLargeProvider } from "../support/large-answers.ts";
import { portOf } from "../support/paced-streams.ts";
import { createTestConfig } from "../support/test-config.ts";
import { startTollgate } from "../support/tollgate-process.ts";

// What others wait while eight clients read streams of 20 MB: Tollgate beside a plain Envoy, in turn. The gateway with its Envoy has one CPU,
// provider and clients the other.
// Usage: npm run bench:large [-- SECONDS [ROUNDS]]

const seconds = Number(process.argv[2] ?? 20);
const rounds = Number(process.argv[3] ?? 2);
const readers = 8;
const large: LargeAnswer = { bytes: 20_000_000 };
const small: LargeAnswer = { bytes: 1_000 };
const smallEveryMs = 20;

/** What the small requests of one round waited, in ms. */
interface Row {
  readonly count: number;
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
  readonly megabytes: number;
}

moveToCpu(otherCpu);
const provider = await startLargeProvider();
for (let round = 0; round < rounds; round++) {
  const plain = await besidePlain();
  const tollgate = await besideTollgate();
  tell("plain Envoy", plain);
  tell("Tollgate", tollgate);
  console.log(`p99: ${(tollgate.p99 / plain.p99).toFixed(1)} times that of plain Envoy`);
}
provider.closeAllConnections();
provider.close();

async function besidePlain(): Promise<Row> {
  const folder = mkdtempSync(join(tmpdir(), "large-plain-"));
  const envoy = await EdgeEnvoy.start(folder, undefined, measuredCpu, {
    port: portOf(provider),
    mode: "alone",
  });
  try {
    return await measure(`http://127.0.0.1:${envoy.port}/v1`);
  } finally {
    await envoy.stop();
    rmSync(folder, { recursive: true });
  }
}

async function besideTollgate(): Promise<Row> {
  const config = await createTestConfig({ config: largeConfig(portOf(provider)) });
  const tollgate = await startTollgate(config, measuredCpu);
  try {
    return await measure(tollgate.baseUrl);
  } finally {
    await tollgate.end("SIGTERM");
    await config.close();
  }
}

async function measure(baseUrl: string): Promise<Row> {
  await askLarge(baseUrl, "downstream", false, small);
  const endMs = performance.now() + seconds * 1_000;
  let bytes = 0;
  const read = async (): Promise<void> => {
    while (performance.now() < endMs) bytes += (await askLarge(baseUrl, "downstream", true, large)).bytes;
  };
  const waits: number[] = [];
  const ask = async (): Promise<void> => {
    while (performance.now() < endMs) {
      const startMs = performance.now();
      await askLarge(baseUrl, "downstream", false, small);
      waits.push(performance.now() - startMs);
      await new Promise((resolve) => setTimeout(resolve, smallEveryMs));
    }
  };
  await Promise.all([...Array.from({ length: readers }, read), ask()]);
  waits.sort((a, b) => a - b);
  const at = (share: number): number => waits[Math.floor(share * (waits.length - 1))] ?? 0;
  return { count: waits.length, p50: at(0.5), p99: at(0.99), max: at(1), megabytes: bytes / 1e6 };
}

function tell(name: string, row: Row): void {
  const waits = `p50 ${row.p50.toFixed(0)} ms, p99 ${row.p99.toFixed(0)} ms, max ${row.max.toFixed(0)} ms`;
  console.log(`${name}: ${row.count} small calls, ${waits}; ${row.megabytes.toFixed(0)} MB read beside them`);
}
