import { mkdirSync, mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Snapshot } from "../config/snapshot.ts";
import { type FolderLock, lockFolder } from "../core/folder-lock.ts";
import type { Log } from "../core/log.ts";
import type { EdgeFactory } from "../edge/edge.ts";
import { Gateway, type GatewayOptions } from "../gateway.ts";
import { withEndpointClusters } from "../xds/cluster-names.ts";
import { EnvoyConfig } from "../xds/envoy-config.ts";
import { EnvoyLog } from "../xds/envoy-log.ts";
import { type EnvoyProcess, startEnvoy } from "../xds/envoy-process.ts";
import { type EnvoyEvent, EnvoySupervisor } from "../xds/envoy-supervisor.ts";
import { envoyInputOf } from "../xds/input-of.ts";
import { trustedCaFile } from "../xds/trusted-cas.ts";
import { tellEnvoyEvent } from "./envoy-events.ts";

/** A Unix socket's path may not be longer, on any system. */
const socketPathBytesMax = 100;

/** How gateway and Envoy are run together on one machine. */
export interface LocalStackOptions {
  readonly snapshot: Snapshot;
  readonly log: Log;
  readonly envoyBinary: string;
  /** Envoy's files, log, admin socket and pid; absolute. Made when missing, for this user and this process alone. */
  readonly runFolder: string;
  /** Our environment: Envoy gets what it needs of it, and no secrets. Default: none. */
  readonly env?: Readonly<NodeJS.ProcessEnv>;
  /** Called once when Envoy has died too often to be restarted again. */
  readonly onEnvoyLost: (reason: string) => void;
  /** The gateway's default where none is given. */
  readonly edge?: EdgeFactory | undefined;
  readonly filterOf?: GatewayOptions["filterOf"];
  /** Waits before each restart of Envoy in a row; after the last it is lost. */
  readonly restartDelaysMs?: readonly number[];
}

/** Gateway and Envoy, running. */
export interface LocalStack {
  readonly gateway: Gateway;
  /** The Envoy that serves now; throws while it is being restarted. */
  readonly envoy: EnvoyProcess;
  /** Where clients connect. */
  readonly listenUrl: string;
  /** Takes a new config: Envoy's clusters first, so that a plan never names one that is not there. Rejects when Envoy does not take them: the old one stays, as it does once `replaced` is aborted. */
  reload(next: Snapshot, replaced?: AbortSignal): Promise<void>;
  /** Lets running streams finish, at most `drainMs`, then ends both. */
  stop(drainMs: number): Promise<void>;
}

/** Starts the gateway, then Envoy; resolves when requests are served. */
export async function startLocalStack(options: LocalStackOptions): Promise<LocalStack> {
  mkdirSync(options.runFolder, { recursive: true, mode: 0o700 });
  // Envoy is told by its folder's path from the Envoys of others: one name for one folder.
  const runFolder = realpathSync(options.runFolder);
  const lock = await lockFolder(runFolder, "run folder");
  try {
    return await startLocked({ ...options, runFolder }, lock);
  } catch (error) {
    await lock.close();
    throw error;
  }
}

async function startLocked(options: LocalStackOptions, lock: FolderLock): Promise<LocalStack> {
  const { log, edge, filterOf } = options;
  const snapshot = withEndpointClusters(options.snapshot);
  const gateway = await Gateway.start({ snapshot, log, edge, filterOf });
  const side = new EnvoySide(options, gateway);
  try {
    const supervisor = await side.start();
    return new RunningStack(gateway, side, supervisor, lock);
  } catch (error) {
    side.close();
    await gateway.close();
    throw error;
  }
}

/** Envoy's configuration, and how one is started with it. */
class EnvoySide {
  readonly config: EnvoyConfig;
  readonly #options: LocalStackOptions;
  readonly #gateway: Gateway;
  readonly #adminFolder: AdminFolder;
  /** The port that the kernel gave the first listener: a restarted one has it, too. */
  #boundPort: number | undefined;

  constructor(options: LocalStackOptions, gateway: Gateway) {
    const { runFolder } = options;
    this.#options = options;
    this.#gateway = gateway;
    this.#adminFolder = chooseAdminFolder(runFolder);
    const caFile = trustedCaFile(runFolder);
    this.config = new EnvoyConfig(gateway.snapshot, {
      folder: join(runFolder, "envoy"),
      inputOf: (one) => {
        const input = envoyInputOf(one, gateway.edgeAddress, caFile);
        const port = this.#boundPort ?? input.listen.port;
        return { ...input, listen: { ...input.listen, port }, adminSocket: this.#adminFolder.socket };
      },
      inUse: () => gateway.snapshotsInUse,
    });
  }

  start(): Promise<EnvoySupervisor> {
    const { runFolder, restartDelaysMs } = this.#options;
    new EnvoyLog(runFolder).rotate();
    return EnvoySupervisor.start({
      start: (onExit, restart) => this.#startOne(onExit, restart),
      onEvent: (event) => this.#onEvent(event),
      ...(restartDelaysMs === undefined ? {} : { delaysMs: restartDelaysMs }),
    });
  }

  close(): void {
    this.config.close();
    this.#adminFolder.remove();
  }

  async #startOne(onExit: (reason: string) => void, restart: boolean): Promise<EnvoyProcess> {
    if (restart) this.config.rewrite();
    const { envoyBinary, runFolder, env } = this.#options;
    const envoy = await startEnvoy({
      binary: envoyBinary,
      bootstrap: this.config.bootstrap,
      folder: runFolder,
      adminSocket: this.#adminFolder.socket,
      concurrency: 1,
      env: env ?? {},
      onExit,
    });
    this.#boundPort ??= Number(new URL(`http://${envoy.listenAddress}`).port || 80);
    return envoy;
  }

  #onEvent(event: EnvoyEvent): void {
    tellEnvoyEvent(event, { gateway: this.#gateway, log: this.#options.log });
    if (event.kind === "given-up")
      this.#options.onEnvoyLost(
        `Envoy died ${event.deaths} times in a row and is not restarted again: ${event.reason}`,
      );
  }
}

class RunningStack implements LocalStack {
  readonly gateway: Gateway;
  readonly listenUrl: string;
  readonly #side: EnvoySide;
  readonly #supervisor: EnvoySupervisor;
  readonly #lock: FolderLock;

  constructor(gateway: Gateway, side: EnvoySide, supervisor: EnvoySupervisor, lock: FolderLock) {
    this.gateway = gateway;
    this.#side = side;
    this.#supervisor = supervisor;
    this.#lock = lock;
    this.listenUrl = `http://${this.envoy.listenAddress}`;
  }

  get envoy(): EnvoyProcess {
    const { envoy } = this.#supervisor;
    if (envoy === undefined) throw new Error("Envoy is being restarted");
    return envoy;
  }

  async reload(next: Snapshot, replaced?: AbortSignal): Promise<void> {
    const named = withEndpointClusters(next);
    await this.#side.config.take(named, () => this.envoy.admin);
    if (replaced?.aborted !== true) this.gateway.reload(named);
  }

  async stop(drainMs: number): Promise<void> {
    await this.#supervisor.drain();
    await this.gateway.drain(drainMs);
    await this.#supervisor.stop();
    this.#side.close();
    await this.gateway.close();
    await this.#lock.close();
  }
}

interface AdminFolder {
  readonly socket: string;
  remove(): void;
}

/** Envoy's admin socket: in the run folder; where that path is too long for a socket, in a private folder made for it. */
function chooseAdminFolder(runFolder: string): AdminFolder {
  const socket = join(runFolder, "envoy-admin.sock");
  if (Buffer.byteLength(socket) <= socketPathBytesMax) return { socket, remove: () => {} };
  const folder = mkdtempSync(join(tmpdir(), "tollgate-"));
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  return { socket: join(folder, "envoy-admin.sock"), remove };
}
