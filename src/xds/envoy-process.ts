import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { EnvoyAdmin } from "./envoy-admin.ts";
import { envoyVersion } from "./envoy-binary.ts";
import { envoyEnvironment } from "./envoy-environment.ts";
import { EnvoyLog } from "./envoy-log.ts";
import { adminFileIn, endStaleEnvoy, pidFileIn } from "./stale-envoy.ts";

const readyTimeoutMs = 20_000;
const pollMs = 20;
const killAfterMs = 5_000;

/** How one Envoy is run. */
export interface EnvoyOptions {
  readonly binary: string;
  readonly bootstrap: string;
  /** Holds `envoy.pid`, `envoy.log` and `envoy.admin`; no other gateway's. */
  readonly folder: string;
  /** The Unix socket of its admin interface, as in the bootstrap. */
  readonly adminSocket: string;
  /** Worker threads. */
  readonly concurrency: number;
  /** Our environment; Envoy gets what it needs of it. */
  readonly env: Readonly<NodeJS.ProcessEnv>;
  /** Called once if Envoy dies after it was ready and without `stop`; `reason`: its signal or exit code, and its last lines. */
  readonly onExit: (reason: string) => void;
}

/** A running Envoy. */
export interface EnvoyProcess {
  readonly pid: number;
  readonly admin: EnvoyAdmin;
  /** The address its listener really has, `host:port`. */
  readonly listenAddress: string;
  /** Asks clients to open their next connection elsewhere; running streams go on. An Envoy that is gone already has nothing to drain. */
  drain(): Promise<void>;
  stop(): Promise<void>;
}

/** Starts Envoy and resolves when it serves all that it was given; rejects with the end of its log when it does not. */
export async function startEnvoy(options: EnvoyOptions): Promise<EnvoyProcess> {
  mkdirSync(options.folder, { recursive: true });
  await endStaleEnvoy(options.folder);
  rmSync(adminFileIn(options.folder), { force: true });
  const run = new EnvoyRun(options);
  try {
    return await run.start();
  } catch (error) {
    await run.stop();
    throw error;
  }
}

/** One life of an Envoy. */
class EnvoyRun {
  readonly #options: EnvoyOptions;
  readonly #admin: EnvoyAdmin;
  readonly #log: EnvoyLog;
  readonly #logStart: number;
  readonly #child: ChildProcess;
  /** However this process exits, it leaves no Envoy behind; only a SIGKILL does, and then the next run ends it. */
  readonly #endWithUs: () => void;
  #ended: string | undefined;
  #ready = false;
  #stopping = false;

  constructor(options: EnvoyOptions) {
    this.#options = options;
    this.#admin = new EnvoyAdmin({ socketPath: options.adminSocket });
    this.#log = new EnvoyLog(options.folder);
    this.#logStart = this.#log.size;
    this.#child = spawnEnvoy(options, this.#log);
    this.#child.once("exit", (code, signal) => this.#exited(signal ?? `exit code ${code}`));
    this.#child.once("error", (error) => {
      this.#ended = `Envoy could not be started: ${error.message}`;
    });
    this.#endWithUs = () => void this.#child.kill("SIGKILL");
    process.once("exit", this.#endWithUs);
  }

  async start(): Promise<EnvoyProcess> {
    await this.#untilServing();
    const listenAddress = await this.#listenAddress();
    this.#ready = true;
    return {
      pid: this.#child.pid ?? 0,
      admin: this.#admin,
      listenAddress,
      drain: async () => {
        if (this.#ended === undefined) await this.#admin.drain();
      },
      stop: () => this.stop(),
    };
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    await end(this.#child);
    process.removeListener("exit", this.#endWithUs);
    rmSync(pidFileIn(this.#options.folder), { force: true });
  }

  #exited(how: string): void {
    this.#ended = this.#withLog(`Envoy ended (${how})`);
    process.removeListener("exit", this.#endWithUs);
    if (this.#ready && !this.#stopping) this.#options.onExit(this.#ended);
  }

  /** Ready alone is not enough: Envoy is, too, when it has refused its listener or its routes. */
  async #untilServing(): Promise<void> {
    const deadline = performance.now() + readyTimeoutMs;
    let missing = "it does not answer";
    while (performance.now() < deadline) {
      if (this.#ended !== undefined) throw new Error(this.#ended);
      const startup = (await this.#admin.isReady())
        ? await this.#admin.startup().catch(() => undefined)
        : undefined;
      if (startup?.refused !== undefined) throw await this.#refusal(startup.refused);
      if (startup !== undefined && startup.missing === undefined) return;
      missing = startup?.missing === undefined ? missing : `it has no ${startup.missing}`;
      await delay(pollMs);
    }
    throw new Error(this.#withLog(`Envoy was not ready after ${readyTimeoutMs / 1000} s: ${missing}`));
  }

  async #refusal(kind: string): Promise<Error> {
    const version = await this.#admin.version().catch(() => "?");
    const proved = version === envoyVersion ? "" : `; Tollgate is proved against Envoy ${envoyVersion}`;
    return new Error(this.#withLog(`Envoy ${version} does not take its ${kind}${proved}`));
  }

  async #listenAddress(): Promise<string> {
    const address = await this.#admin.listenAddress();
    if (address === undefined) throw new Error(this.#withLog("Envoy has no listener"));
    return address;
  }

  #withLog(what: string): string {
    const tail = this.#log.tail(this.#logStart);
    return tail === "" ? what : `${what}: ${tail}`;
  }
}

function spawnEnvoy(options: EnvoyOptions, log: EnvoyLog): ChildProcess {
  const file = log.open();
  try {
    const child = spawn(options.binary, envoyArgs(options), {
      stdio: ["ignore", file, file],
      env: envoyEnvironment(options.env),
      // A separate process group: Ctrl-C is for us, and Envoy continues until the running streams have ended.
      detached: true,
    });
    if (child.pid !== undefined) writeFileSync(pidFileIn(options.folder), String(child.pid), { mode: 0o600 });
    return child;
  } finally {
    closeSync(file);
  }
}

function envoyArgs({ bootstrap, concurrency, folder }: EnvoyOptions): string[] {
  return [
    ...["-c", bootstrap, "--use-dynamic-base-id", "--reject-unknown-dynamic-fields"],
    ...["--concurrency", String(concurrency), "--log-level", "warning"],
    // Tells this folder's Envoy from others: see stale-envoy.ts.
    ...["--admin-address-path", adminFileIn(folder)],
    ...["--drain-time-s", "1", "--parent-shutdown-time-s", "2"],
  ];
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  const exited = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  child.kill("SIGTERM");
  const timer = setTimeout(() => child.kill("SIGKILL"), killAfterMs);
  await exited;
  clearTimeout(timer);
}
