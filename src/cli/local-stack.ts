import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Snapshot } from "../config/snapshot.ts";
import type { Log } from "../core/log.ts";
import type { EdgeFactory } from "../edge/edge.ts";
import { Gateway } from "../gateway.ts";
import { type EnvoyProcess, startEnvoy } from "../xds/envoy-process.ts";
import { envoyInputOf } from "../xds/input-of.ts";
import { publish } from "../xds/publish.ts";
import { trustedCaFile } from "../xds/trusted-cas.ts";

/** How gateway and Envoy are run together on one machine. */
export interface LocalStackOptions {
  readonly snapshot: Snapshot;
  readonly log: Log;
  readonly envoyBinary: string;
  /** Envoy's files, log and pid; absolute. */
  readonly runFolder: string;
  /** Called once if Envoy ends by itself. */
  readonly onEnvoyExit: (reason: string) => void;
  /** The gateway's default where none is given. */
  readonly edge?: EdgeFactory | undefined;
}

/** Gateway and Envoy, running. */
export interface LocalStack {
  readonly gateway: Gateway;
  readonly envoy: EnvoyProcess;
  /** Where clients connect. */
  readonly listenUrl: string;
  /** Takes a new config: Envoy's files first, so that a plan never names a cluster that is not there. */
  reload(snapshot: Snapshot): void;
  /** Lets running streams finish, at most `drainMs`, then ends both. */
  stop(drainMs: number): Promise<void>;
}

/** Starts the gateway, then Envoy; resolves when requests are served. */
export async function startLocalStack(options: LocalStackOptions): Promise<LocalStack> {
  const { snapshot, log, runFolder } = options;
  mkdirSync(runFolder, { recursive: true });
  const gateway = await Gateway.start({ snapshot, log, edge: options.edge });
  const caFile = trustedCaFile(runFolder);
  const write = (next: Snapshot): string =>
    publish(envoyInputOf(next, gateway.edgeAddress, caFile), join(runFolder, "envoy"));
  let envoy: EnvoyProcess;
  try {
    envoy = await startEnvoy({
      binary: options.envoyBinary,
      bootstrap: write(snapshot),
      folder: runFolder,
      concurrency: 1,
      onExit: options.onEnvoyExit,
    });
  } catch (error) {
    await gateway.close();
    throw error;
  }
  return {
    gateway,
    envoy,
    listenUrl: `http://${await envoy.listenAddress()}`,
    reload(next) {
      write(next);
      gateway.reload(next);
    },
    async stop(drainMs) {
      await envoy.drain();
      await gateway.drain(drainMs);
      await envoy.stop();
      await gateway.close();
    },
  };
}
