import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { measuredCpu, moveToCpu, otherCpu } from "../support/cpu.ts";
import { EdgeEnvoy } from "../support/edge-envoy.ts";
import { askLarge, largeConfig } from "../support/large-answers.ts";
import { type CrowdResult, LargeCrowd, startProviderThread } from "../support/large-crowd.ts";
import { processUsage } from "../support/process-usage.ts";
import { createTestConfig } from "../support/test-config.ts";
import { startTollgate } from "../support/tollgate-process.ts";

// What others wait while eight clients read streams of 20 MB, or twenty clients do not read theirs: Tollgate beside a plain Envoy, in turn. A
// gateway with its Envoy has one CPU, provider and clients the other.
// Usage: npm run bench:large [-- SECONDS [ROUNDS]]

const seconds = Number(process.argv[2] ?? 15);
const rounds = Number(process.argv[3] ?? 3);
const askers = 4;
const pauseMs = 10;

/** Whom the small calls run beside. */
const crowds = [
  { name: "nobody", readers: 0, idlers: 0, bytes: 0 },
  { name: "8 readers of 20 MB", readers: 8, idlers: 0, bytes: 20_000_000 },
  { name: "20 who do not read 20 MB", readers: 0, idlers: 20, bytes: 20_000_000 },
  { name: "20 who do not read 100 MB", readers: 0, idlers: 20, bytes: 100_000_000 },
] as const;
type Crowd = (typeof crowds)[number];

/** A gateway under way. */
interface Running {
  readonly baseUrl: string;
  /** Envoy's, and Tollgate's where there is one. */
  readonly pids: readonly number[];
  stop(): Promise<unknown>;
}

/** What the small calls of one round waited, in ms. */
interface Waits {
  readonly count: number;
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

moveToCpu(otherCpu);
const provider = await startProviderThread();
try {
  for (let round = 0; round < rounds; round++)
    for (const crowd of crowds) {
      const plain = await measure("plain Envoy", crowd, await startPlain());
      const tollgate = await measure("Tollgate", crowd, await startGateway());
      console.log(
        `  p99: ${(tollgate.p99 / plain.p99).toFixed(1)} times that of plain Envoy, p50: ${(tollgate.p50 / plain.p50).toFixed(1)} times`,
      );
    }
} finally {
  await provider.stop();
}

async function startPlain(): Promise<Running> {
  const folder = mkdtempSync(join(tmpdir(), "large-plain-"));
  const envoy = await EdgeEnvoy.start(folder, undefined, measuredCpu, {
    port: provider.port,
    mode: "alone",
  });
  const stop = async (): Promise<void> => {
    await envoy.stop();
    rmSync(folder, { recursive: true });
  };
  return { baseUrl: `http://127.0.0.1:${envoy.port}/v1`, pids: [envoy.pid], stop };
}

async function startGateway(): Promise<Running> {
  const config = await createTestConfig({ config: largeConfig(provider.port) });
  const { pid, envoyPid, baseUrl, end } = await startTollgate(config, measuredCpu);
  const stop = async (): Promise<void> => {
    await end("SIGTERM");
    await config.close();
  };
  return { baseUrl, pids: [envoyPid, pid], stop };
}

async function measure(name: string, crowd: Crowd, gateway: Running): Promise<Waits> {
  const { baseUrl, pids } = gateway;
  try {
    await askSmall(baseUrl, 500);
    const before = pids.map((pid) => processUsage(pid).rssBytes);
    const { readers, idlers, bytes } = crowd;
    const large = await LargeCrowd.start({
      baseUrl,
      model: "downstream",
      answer: { bytes },
      readers,
      idlers,
    });
    const waits = await askSmall(baseUrl, seconds * 1_000);
    const grown = pids.map((pid, at) => (processUsage(pid).rssBytes - (before[at] ?? 0)) / 1e6);
    tell(`${name} beside ${crowd.name}`, waits, await large.end(), grown);
    return waits;
  } finally {
    await gateway.stop();
  }
}

/** Asks for small answers for so long, some at once; each must come. */
async function askSmall(baseUrl: string, forMs: number): Promise<Waits> {
  const endMs = performance.now() + forMs;
  const waits: number[] = [];
  const ask = async (): Promise<void> => {
    while (performance.now() < endMs) {
      const startMs = performance.now();
      const { status, intact } = await askLarge(baseUrl, "downstream", false, { bytes: 1_000 });
      if (status !== 200 || !intact) throw new Error(`a small call was answered ${status}`);
      waits.push(performance.now() - startMs);
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
  };
  await Promise.all(Array.from({ length: askers }, ask));
  waits.sort((a, b) => a - b);
  const at = (share: number): number => waits[Math.floor(share * (waits.length - 1))] ?? 0;
  return { count: waits.length, p50: at(0.5), p99: at(0.99), max: at(1) };
}

function tell(name: string, waits: Waits, crowd: CrowdResult, grownMb: readonly number[]): void {
  if (crowd.broken.length > 0)
    throw new Error(`${name}: ${crowd.broken.length} streams did not come whole: ${crowd.broken[0]}`);
  const { count, p50, p99, max } = waits;
  console.log(
    `${name}: ${count} small calls, p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(0)} ms, max ${max.toFixed(0)} ms; ` +
      `${crowd.streams} streams, ${(crowd.bytes / 1e6).toFixed(0)} MB read; ${grownMb.map((mb) => `+${mb.toFixed(0)}`).join(", ")} MB`,
  );
}
