import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { EdgeEnvoy } from "../edge/envoy.ts";
import { measuredCpu } from "../measure/cpu.ts";
import { processUsage } from "../measure/process-usage.ts";
import { createTestConfig } from "../stack/test-config.ts";
import { startTollgate } from "../stack/tollgate-process.ts";
import { askLarge, largeConfig } from "./large-answers.ts";
import { type CrowdResult, LargeCrowd } from "./large-crowd.ts";

const askers = 4;
const pauseMs = 10;
const warmUpMs = 500;

/** Clients of large streams beside whom small calls are measured. */
export interface Crowd {
  readonly name: string;
  /** Clients that read one stream after the other. */
  readonly readers: number;
  /** Clients that read nothing of theirs. */
  readonly idlers: number;
  /** Of each stream. */
  readonly bytes: number;
}

/** The crowd that bounds on others' waits are about. */
export const eightReaders: Crowd = { name: "8 readers of 20 MB", readers: 8, idlers: 0, bytes: 20_000_000 };

/** A gateway under way: a plain Envoy, or Tollgate with its own. */
export interface MeasuredGateway {
  readonly name: "plain Envoy" | "Tollgate";
  readonly baseUrl: string;
  /** Envoy's, and Tollgate's where there is one. */
  readonly pids: readonly number[];
  stop(): Promise<unknown>;
}

/** What small calls waited, in ms. */
export interface Waits {
  readonly count: number;
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

/** What came of small calls beside a crowd. */
export interface Beside {
  readonly waits: Waits;
  readonly crowd: CrowdResult;
  /** By how much each process has grown, in bytes. */
  readonly grownBytes: readonly number[];
}

/** Starts a plain Envoy before the provider, on the measured CPU. */
export async function startPlainGateway(providerPort: number): Promise<MeasuredGateway> {
  const folder = mkdtempSync(join(tmpdir(), "large-plain-"));
  const envoy = await EdgeEnvoy.start(folder, undefined, measuredCpu, { port: providerPort, mode: "alone" });
  return {
    name: "plain Envoy",
    baseUrl: `http://127.0.0.1:${envoy.port}/v1`,
    pids: [envoy.pid],
    stop: async () => {
      await envoy.stop();
      rmSync(folder, { recursive: true });
    },
  };
}

/** Starts Tollgate and its Envoy before the provider, both on the measured CPU. */
export async function startTollgateGateway(providerPort: number): Promise<MeasuredGateway> {
  const config = await createTestConfig({ config: largeConfig(providerPort) });
  const { pid, envoyPid, baseUrl, end } = await startTollgate(config, measuredCpu);
  return {
    name: "Tollgate",
    baseUrl,
    pids: [envoyPid, pid],
    stop: async () => {
      await end("SIGTERM");
      await config.close();
    },
  };
}

/** Asks for small answers for so long beside a crowd. Throws where one does not come, or a stream that is read is not whole. Stops the gateway. */
export async function measureBeside(gateway: MeasuredGateway, crowd: Crowd, forMs: number): Promise<Beside> {
  const { name, baseUrl, pids } = gateway;
  try {
    await askSmall(baseUrl, warmUpMs);
    const before = pids.map((pid) => processUsage(pid).rssBytes);
    const { readers, idlers, bytes } = crowd;
    const large = await LargeCrowd.start({
      baseUrl,
      model: "downstream",
      answer: { bytes },
      readers,
      idlers,
    });
    const waits = await askSmall(baseUrl, forMs);
    const grownBytes = pids.map((pid, at) => processUsage(pid).rssBytes - (before[at] ?? 0));
    const result = await large.end();
    if (result.broken.length > 0)
      throw new Error(`${name}: ${result.broken.length} streams did not come whole: ${result.broken[0]}`);
    return { waits, crowd: result, grownBytes };
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
