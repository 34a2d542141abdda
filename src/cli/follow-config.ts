import type { LoadedConfig } from "../config/load.ts";
import type { Snapshot } from "../config/snapshot.ts";
import { watchConfig } from "../config/watch.ts";
import type { Log } from "../core/log.ts";
import type { Gateway } from "../gateway.ts";
import type { GoodConfig } from "./load-snapshot.ts";
import { needsRestart } from "./needs-restart.ts";
import type { Terminal } from "./terminal.ts";

/** What follows a config's files. */
export interface FollowOptions {
  readonly terminal: Terminal;
  /** The config's path; absolute. */
  readonly file: string;
  /** The config in force. */
  readonly loaded: GoodConfig;
  readonly gateway: Gateway;
  readonly log: Log;
  /** Brings the new config into force; rejects with an Error that says why it cannot be. */
  readonly take: (next: Snapshot) => Promise<void>;
  /** Between two looks at the files. */
  readonly intervalMs?: number;
}

/** Loads the config again whenever one of its files changes, and at each SIGHUP. What cannot be taken is said, and the old config stays. Returns how to stop. */
export function followConfig(options: FollowOptions): () => void {
  const { terminal, file, loaded, gateway, log, intervalMs } = options;
  const watch = watchConfig({
    path: file,
    env: terminal.env,
    loaded,
    onLoaded: async (next) => {
      try {
        await takeLoaded(next, options);
      } catch (error) {
        gateway.keepAfterBadReload();
        log.error({ reason: String(error) }, "config not taken: the old one stays; SIGHUP tries again");
      }
    },
    ...(intervalMs === undefined ? {} : { intervalMs }),
  });
  const ignoreHangups = terminal.onHangup(() => void watch.reload());
  return () => {
    ignoreHangups();
    watch.close();
  };
}

async function takeLoaded(loaded: LoadedConfig, { gateway, log, take }: FollowOptions): Promise<void> {
  if (loaded.kind === "problems") {
    for (const { message, ...where } of loaded.problems) log.error(where, message);
    gateway.keepAfterBadReload();
    log.error({ problems: loaded.problems.length }, "config not taken: the old one stays");
    return;
  }
  const changed = needsRestart(gateway.snapshot, loaded.snapshot);
  if (changed.length > 0) throw new Error(`${changed.join(", ")} changed, which takes a restart`);
  await take(loaded.snapshot);
  log.info({ version: loaded.snapshot.version }, "config taken");
}
