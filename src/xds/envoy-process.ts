import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { EnvoyAdmin } from "./envoy-admin.ts";
import { adminFileIn, endStaleEnvoy, pidFileIn } from "./stale-envoy.ts";

const readyTimeoutMs = 20_000;
const pollMs = 20;
const killAfterMs = 5_000;

/** How one Envoy is run. */
export interface EnvoyOptions {
  readonly binary: string;
  readonly bootstrap: string;
  /** Holds `envoy.pid`, `envoy.log` and the admin address. */
  readonly folder: string;
  /** Worker threads. */
  readonly concurrency: number;
  /** Called once if Envoy ends without `stop`. */
  readonly onExit: (reason: string) => void;
}

/** A running Envoy. */
export interface EnvoyProcess {
  readonly pid: number;
  readonly admin: EnvoyAdmin;
  /** The address its listener really has, `host:port`. */
  listenAddress(): Promise<string>;
  /** Asks clients to open their next connection elsewhere; running streams go on. An Envoy that is gone already has nothing to drain. */
  drain(): Promise<void>;
  stop(): Promise<void>;
}

/** Starts Envoy and resolves when it serves; rejects with the end of its log when it does not. */
export async function startEnvoy(options: EnvoyOptions): Promise<EnvoyProcess> {
  mkdirSync(options.folder, { recursive: true });
  await endStaleEnvoy(options.folder);
  const adminFile = adminFileIn(options.folder);
  rmSync(adminFile, { force: true });
  const child = spawnEnvoy(options, adminFile);
  let ended: string | undefined;
  let stopping = false;
  child.once("exit", (code, signal) => {
    ended = `Envoy ended (${signal ?? `exit code ${code}`}): ${logTail(options.folder)}`;
    if (!stopping) options.onExit(ended);
  });
  child.once("error", (error) => {
    ended = `Envoy could not be started: ${error.message}`;
  });
  // However this process exits, it leaves no Envoy behind; only a SIGKILL does, and then the next run ends it.
  const endWithUs = (): void => void child.kill("SIGKILL");
  process.once("exit", endWithUs);
  const stop = async (): Promise<void> => {
    stopping = true;
    await end(child);
    process.removeListener("exit", endWithUs);
    rmSync(pidFileIn(options.folder), { force: true });
  };
  try {
    const admin = await waitUntilReady(adminFile, () => ended);
    return {
      pid: child.pid ?? 0,
      admin,
      listenAddress: () => listenAddress(admin, options.folder),
      drain: async () => {
        if (ended === undefined) await admin.drain();
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

function spawnEnvoy(options: EnvoyOptions, adminFile: string): ChildProcess {
  const log = openSync(join(options.folder, "envoy.log"), "w");
  try {
    const child = spawn(
      options.binary,
      [
        ...["-c", options.bootstrap, "--use-dynamic-base-id", "--reject-unknown-dynamic-fields"],
        ...[
          "--concurrency",
          String(options.concurrency),
          "--log-level",
          "warning",
          "--admin-address-path",
          adminFile,
        ],
        ...["--drain-time-s", "1", "--parent-shutdown-time-s", "2"],
      ],
      // In a process group of its own: a Ctrl-C is for us, and Envoy goes on until the running streams have ended.
      { stdio: ["ignore", log, log], detached: true },
    );
    if (child.pid !== undefined) writeFileSync(pidFileIn(options.folder), String(child.pid));
    return child;
  } finally {
    closeSync(log);
  }
}

async function waitUntilReady(adminFile: string, ended: () => string | undefined): Promise<EnvoyAdmin> {
  const deadline = performance.now() + readyTimeoutMs;
  while (performance.now() < deadline) {
    const reason = ended();
    if (reason !== undefined) throw new Error(reason);
    const address = existsSync(adminFile) ? readFileSync(adminFile, "utf8").trim() : "";
    if (address !== "") {
      const admin = new EnvoyAdmin({ url: `http://${address}` });
      if (await admin.isReady()) return admin;
    }
    await delay(pollMs);
  }
  throw new Error(`Envoy was not ready after ${readyTimeoutMs / 1000} s`);
}

async function listenAddress(admin: EnvoyAdmin, folder: string): Promise<string> {
  const { listener_statuses: statuses } = JSON.parse(await admin.get("/listeners?format=json")) as {
    listener_statuses?: { local_address: { socket_address: { address: string; port_value: number } } }[];
  };
  const address = statuses?.[0]?.local_address.socket_address;
  // Envoy is ready without a listener when it could not have its port.
  if (address === undefined) throw new Error(`Envoy has no listener: ${logTail(folder)}`);
  const { address: host, port_value: port } = address;
  return `${host.includes(":") ? `[${host}]` : host}:${port}`;
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  const exited = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  child.kill("SIGTERM");
  const timer = setTimeout(() => child.kill("SIGKILL"), killAfterMs);
  await exited;
  clearTimeout(timer);
}

function logTail(folder: string): string {
  const log = readFileSync(join(folder, "envoy.log"), "utf8").trimEnd();
  return log.split("\n").slice(-5).join("\n");
}
