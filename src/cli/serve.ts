import { join, resolve } from "node:path";
import type { Snapshot } from "../config/snapshot.ts";
import { type FolderLock, lockFolder } from "../core/folder-lock.ts";
import { createLog } from "../core/log.ts";
import type { EdgeAddress } from "../edge/edge.ts";
import { Gateway } from "../gateway.ts";
import { withEndpointClusters } from "../xds/cluster-names.ts";
import { EnvoyAdmin } from "../xds/envoy-admin.ts";
import { EnvoyConfig } from "../xds/envoy-config.ts";
import { watchVersion } from "../xds/envoy-version.ts";
import { envoyInputOf } from "../xds/input-of.ts";
import { writeTrustedCas } from "../xds/trusted-cas.ts";
import { followConfig } from "./follow-config.ts";
import { startingGateway } from "./listen-failure.ts";
import { loadGood } from "./load-snapshot.ts";
import { newBackends, RestartNeeded } from "./needs-restart.ts";
import { warnOfProxies } from "./proxy-variables.ts";
import { stopped, type Terminal } from "./terminal.ts";
import { warnOfConfig } from "./warn-of-config.ts";

/** What `tollgate serve` is asked for. */
export interface ServeOptions {
  readonly config: string;
  readonly logLevel: string;
  /** The folder where Envoy's configuration is kept in step with ours. Undefined if it is managed elsewhere. */
  readonly envoyFiles?: string;
}

/** `tollgate serve`: the ext_proc server and the admin interface alone, beside an Envoy that somebody else runs. */
export async function serve(terminal: Terminal, options: ServeOptions): Promise<void> {
  // Logs, records, sockets, Envoy's files: Envoy runs as the same user, and nothing is for others.
  process.umask(0o077);
  const file = resolve(terminal.cwd, options.config);
  const log = createLog(options.logLevel);
  const loaded = loadGood(terminal, file, "all", log);
  warnOfConfig(loaded.warnings, log);
  warnOfProxies(terminal);
  // The clusters of an Envoy that somebody else configures have their backends' names.
  const named = options.envoyFiles === undefined ? (next: Snapshot) => next : withEndpointClusters;
  const snapshot = named(loaded.snapshot);
  const lock = await lockEnvoyFiles(terminal, snapshot, options.envoyFiles);
  const gateway = await startingGateway(snapshot, Gateway.start({ snapshot, log }));
  const envoy = options.envoyFiles === undefined ? staticEnvoy(gateway) : followedEnvoy(gateway, options);
  const unfollow = followConfig({
    ...{ terminal, file, loaded, gateway, log },
    take: async (loadedNext, replaced) => {
      const next = named(loadedNext);
      await envoy.take(next);
      if (!replaced.aborted) gateway.reload(next);
    },
  });
  terminal.out(`ready edge=${formatEdge(gateway.edgeAddress)} admin=${gateway.adminUrl}`);
  await stopped(terminal);
  unfollow();
  await envoy.drain();
  await gateway.drain(gateway.snapshot.server.drainMs);
  envoy.close();
  await gateway.close();
  await lock?.close();

  function followedEnvoy(running: Gateway, { envoyFiles = "" }: ServeOptions): EnvoySide {
    const folder = resolve(terminal.cwd, envoyFiles);
    const adminSocket = join(folder, "admin.sock");
    const caFile = writeTrustedCas(folder);
    const admin = new EnvoyAdmin({ socketPath: adminSocket });
    const config = new EnvoyConfig(snapshot, {
      folder,
      inputOf: (one) => ({ ...envoyInputOf(one, running.edgeAddress, caFile), adminSocket }),
      inUse: () => running.snapshotsInUse,
    });
    const unwatch = watchVersion(admin, folder, (problem) => log.warn({ envoy_files: folder }, problem));
    return {
      take: (next) => config.take(next, () => admin),
      // Envoy may be gone already.
      drain: () => admin.drain().catch(() => undefined),
      close: () => {
        unwatch();
        config.close();
      },
    };
  }
}

/** Two gateways that write one Envoy's files would undo each other's. */
async function lockEnvoyFiles(
  terminal: Terminal,
  snapshot: Snapshot,
  folder: string | undefined,
): Promise<FolderLock | undefined> {
  if (folder === undefined) return undefined;
  return startingGateway(snapshot, lockFolder(resolve(terminal.cwd, folder), "Envoy files"));
}

/** The Envoy beside us, as far as a new config concerns it. */
interface EnvoySide {
  /** Makes Envoy ready for the config; rejects when it cannot be. */
  take(next: Snapshot): Promise<void>;
  /** Has clients open their next connection elsewhere. */
  drain(): Promise<void>;
  close(): void;
}

/** An Envoy that has the clusters it has: a config that needs another one is refused. */
function staticEnvoy(gateway: Gateway): EnvoySide {
  return {
    async take(next) {
      const names = newBackends(gateway.snapshot, next);
      if (names.length === 0) return;
      throw new RestartNeeded(
        `Envoy has no cluster for backends ${names.join(", ")}: give it the output of \`tollgate envoy\` and restart, or serve with --envoy-files`,
      );
    },
    async drain() {},
    close() {},
  };
}

function formatEdge(address: EdgeAddress): string {
  return address.kind === "unix" ? `unix:${address.path}` : `${address.host}:${address.port}`;
}
