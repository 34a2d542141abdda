import { join, resolve } from "node:path";
import type { Snapshot } from "../config/snapshot.ts";
import { createLog } from "../core/log.ts";
import { type EnvoyBinary, findEnvoy } from "../xds/envoy-binary.ts";
import { binaryProblem } from "../xds/envoy-version.ts";
import { followConfig } from "./follow-config.ts";
import { startingGateway } from "./listen-failure.ts";
import { loadGood } from "./load-snapshot.ts";
import { startLocalStack } from "./local-stack.ts";
import { warnOfProxies } from "./proxy-variables.ts";
import { chooseRunFolder } from "./run-folder.ts";
import { CommandFailure, stopped, type Terminal } from "./terminal.ts";
import { warnOfConfig } from "./warn-of-config.ts";

/** What `tollgate up` is asked for. */
export interface UpOptions {
  readonly config: string;
  readonly logLevel: string;
  /** The folder of Envoy's files, relative to the working directory. Undefined for `run` beside the config. */
  readonly runDir?: string;
}

/** `tollgate up`: gateway and Envoy together on this machine, until stopped. */
export async function up(terminal: Terminal, options: UpOptions): Promise<void> {
  // Logs, records, sockets: nothing that this process or its Envoy makes is for other users.
  process.umask(0o077);
  const file = resolve(terminal.cwd, options.config);
  const log = createLog(options.logLevel);
  const loaded = loadGood(terminal, file, "all", log);
  warnOfConfig(loaded.warnings, log);
  const { snapshot } = loaded;
  warnOfProxies(terminal);
  const binary = await findEnvoy(terminal.env, join(terminal.cwd, ".tollgate"), (line) => terminal.err(line));
  await refuseOldEnvoy(binary);
  let lost: (reason: string) => void = () => {};
  const envoyLost = new Promise<string>((done) => {
    lost = done;
  });
  const starting = startLocalStack({
    snapshot,
    log,
    envoyBinary: binary.path,
    runFolder: chooseRunFolder(terminal, file, options.runDir),
    env: terminal.env,
    onEnvoyLost: lost,
  });
  const stack = await startingGateway(snapshot, starting);
  const { gateway } = stack;
  const unfollow = followConfig({
    ...{ terminal, file, loaded, gateway, log },
    take: (next, replaced) => stack.reload(next, replaced),
  });
  terminal.out(`ready listen=${stack.listenUrl} admin=${gateway.adminUrl}`);
  terminal.err(firstRequest(stack.listenUrl, snapshot));
  const reason = await Promise.race([stopped(terminal), envoyLost]);
  unfollow();
  await stack.stop(reason === undefined ? gateway.snapshot.server.drainMs : 0);
  if (reason !== undefined) throw new CommandFailure(reason);
}

/** An Envoy that is too old is known before anything starts. */
async function refuseOldEnvoy({ path, source }: EnvoyBinary): Promise<void> {
  if (source === "installed") return;
  const problem = await binaryProblem(path, `${source}: ${path}`);
  if (problem !== undefined) throw new CommandFailure(problem);
}

/** The commands to type next. */
function firstRequest(listenUrl: string, snapshot: Snapshot): string {
  const model = snapshot.models()[0] ?? "MODEL";
  const anonymous = snapshot.identities.some(({ type }) => type === "anonymous");
  return [
    "try it:",
    `  curl ${listenUrl}/v1/chat/completions -H 'content-type: application/json' \\`,
    ...(anonymous ? [] : [`    -H "authorization: Bearer $KEY" \\`]),
    `    -d '{"model": "${model}", "messages": [{"role": "user", "content": "Hello"}]}'`,
    ...(anonymous
      ? []
      : ["  a key: run tollgate key new --tenant NAME, and add the entry to the file under `identity`"]),
    "point an SDK's base URL to it; config changes take effect at once",
  ].join("\n");
}
