import type { LoadedConfig } from "../config/load.ts";
import type { Snapshot } from "../config/snapshot.ts";
import { watchConfig } from "../config/watch.ts";
import type { Log } from "../core/log.ts";
import type { Gateway } from "../gateway.ts";
import type { GoodConfig } from "./load-snapshot.ts";
import { ConfigTaking } from "./take-config.ts";
import type { Terminal } from "./terminal.ts";
import { warnOfConfig } from "./warn-of-config.ts";

/** Options for following a config's files. */
export interface FollowOptions {
  readonly terminal: Terminal;
  /** The config's path; absolute. */
  readonly file: string;
  /** The config in force. */
  readonly loaded: GoodConfig;
  readonly gateway: Gateway;
  readonly log: Log;
  /** Brings the new config into force, unless `replaced` is aborted first; rejects with an Error that says why it cannot be yet. */
  readonly take: (next: Snapshot, replaced: AbortSignal) => Promise<void>;
  /** Between two looks at the files. */
  readonly intervalMs?: number;
}

/**
 * Loads the config again whenever one of its files changes, and at each SIGHUP. A config with problems is reported, and the old one stays. Returns a
 * function that stops.
 */
export function followConfig(options: FollowOptions): () => void {
  const { terminal, file, loaded, gateway, log, take, intervalMs } = options;
  const taking = new ConfigTaking({ gateway, log, take });
  const watch = watchConfig({
    path: file,
    env: terminal.env,
    loaded,
    log,
    onLoaded: (next) => {
      if (next.kind === "problems") return sayProblems(next, options);
      warnOfConfig(next.warnings, log);
      taking.begin(next.snapshot);
    },
    ...(intervalMs === undefined ? {} : { intervalMs }),
  });
  const ignoreHangups = terminal.onHangup(() => void watch.reload());
  return () => {
    ignoreHangups();
    watch.close();
    taking.close();
  };
}

function sayProblems({ problems }: Exclude<LoadedConfig, GoodConfig>, { gateway, log }: FollowOptions): void {
  for (const { message, ...where } of problems) log.error(where, message);
  gateway.keepAfterBadReload();
  log.error({ problems: problems.length }, "config not taken: the old one stays in force");
}
