import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Snapshot } from "../config/snapshot.ts";
import type { Log } from "../core/log.ts";
import type { EdgeFactory } from "../edge/edge.ts";
import { Gateway } from "../gateway.ts";
import { EnvoyConfig } from "../xds/envoy-config.ts";
import { type EnvoyProcess, startEnvoy } from "../xds/envoy-process.ts";
import { envoyInputOf } from "../xds/input-of.ts";
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
  /** Takes a new config: Envoy's clusters first, so that a plan never names one that is not there. Rejects when Envoy refuses it: the old one stays. */
  reload(next: Snapshot): Promise<void>;
  /** Lets running streams finish, at most `drainMs`, then ends both. */
  stop(drainMs: number): Promise<void>;
}

/** Starts the gateway, then Envoy; resolves when requests are served. */
export async function startLocalStack(options: LocalStackOptions): Promise<LocalStack> {
  const { snapshot, log, runFolder } = options;
  mkdirSync(runFolder, { recursive: true });
  const gateway = await Gateway.start({ snapshot, log, edge: options.edge });
  const caFile = trustedCaFile(runFolder);
  const config = new EnvoyConfig(snapshot, {
    folder: join(runFolder, "envoy"),
    inputOf: (one) => envoyInputOf(one, gateway.edgeAddress, caFile),
    oldestInUse: () => gateway.oldestSnapshot,
  });
  let envoy: EnvoyProcess | undefined;
  const stop = async (): Promise<void> => {
    config.close();
    await envoy?.stop();
    await gateway.close();
  };
  try {
    envoy = await startEnvoy({
      binary: options.envoyBinary,
      bootstrap: config.bootstrap,
      folder: runFolder,
      concurrency: 1,
      onExit: options.onEnvoyExit,
    });
    return running(gateway, envoy, config, await envoy.listenAddress(), stop);
  } catch (error) {
    await stop();
    throw error;
  }
}

function running(
  gateway: Gateway,
  envoy: EnvoyProcess,
  config: EnvoyConfig,
  listenAddress: string,
  stop: () => Promise<void>,
): LocalStack {
  return {
    gateway,
    envoy,
    listenUrl: `http://${listenAddress}`,
    async reload(next) {
      await config.take(next, envoy.admin);
      gateway.reload(next);
    },
    async stop(drainMs) {
      await envoy.drain();
      await gateway.drain(drainMs);
      await stop();
    },
  };
}
