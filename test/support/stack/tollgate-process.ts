import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { packageRoot } from "../../../src/core/asset.ts";
import { until } from "../core/until.ts";
import { envoyBinary } from "../envoy/envoy-binary.ts";
import { type Cpu, onCpu } from "../measure/cpu.ts";
import { programArgs } from "./program.ts";
import type { TestConfig } from "./test-config.ts";

/** `tollgate up` in a process of its own. */
export interface TollgateProcess {
  readonly pid: number;
  readonly envoyPid: number;
  /** What an OpenAI SDK would be given as its base URL. */
  readonly baseUrl: string;
  readonly adminUrl: string;
  /** What it has said on standard error. */
  errors(): string;
  /** Sends a signal; resolves with how the process ended, once it has. */
  end(signal: NodeJS.Signals): Promise<number | NodeJS.Signals | null>;
  /** Resolves with how it ended: its exit code, or the signal. */
  readonly ended: Promise<number | NodeJS.Signals | null>;
}

const readyLine = /^ready listen=(\S+) admin=(\S+)$/m;

/** Starts `tollgate up` on a config, Envoy and all on one CPU if that is named; resolves when it serves. Ended by the test, or killed by `kill`. */
export async function startTollgate(config: TestConfig, cpu?: Cpu): Promise<TollgateProcess> {
  const args = [...programArgs("src/main"), "up", "-c", config.file, "--log-level", "warn"];
  const child = spawn(...onCpu(cpu, process.execPath, args), {
    cwd: packageRoot,
    env: { ...process.env, ...config.env, ENVOY_BIN: await envoyBinary() },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const ended = new Promise<number | NodeJS.Signals | null>((resolve) => {
    child.once("close", (code, signal) => resolve(signal ?? code));
  });
  const out = collect(child.stdout);
  const errors = collect(child.stderr);
  let hasEnded = false;
  void ended.then(() => {
    hasEnded = true;
  });
  await until(
    "tollgate up is ready",
    () => {
      if (hasEnded) throw new Error(`tollgate up ended: ${errors()}`);
      return readyLine.test(out());
    },
    30_000,
  ).catch((error) => {
    child.kill("SIGTERM");
    throw error;
  });
  const [, listenUrl = "", adminUrl = ""] = readyLine.exec(out()) ?? [];
  return {
    pid: child.pid ?? 0,
    envoyPid: Number(readFileSync(join(config.folder, "run", "envoy.pid"), "utf8")),
    baseUrl: `${listenUrl}/v1`,
    adminUrl,
    errors,
    end: (signal) => {
      child.kill(signal);
      return ended;
    },
    ended,
  };
}

/** What a stream has said so far, asked whenever it is wanted. */
export function collect(stream: ChildProcess["stdout"]): () => string {
  let text = "";
  stream?.setEncoding("utf8").on("data", (part: string) => {
    text += part;
  });
  return () => text;
}

/** Whether a process runs. One that has ended and was not waited for does not. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  const stat = `/proc/${pid}/stat`;
  return !existsSync(stat) || !/\) Z /.test(readFileSync(stat, "utf8"));
}
