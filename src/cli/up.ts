import { dirname, join, resolve } from "node:path";
import { createLog } from "../core/log.ts";
import { findEnvoy } from "../xds/envoy-binary.ts";
import { loadSnapshot } from "./load-snapshot.ts";
import { startLocalStack } from "./local-stack.ts";
import { CommandFailure, stopped, type Terminal } from "./terminal.ts";

/** `tollgate up`: gateway and Envoy together on this machine, until stopped. */
export async function up(
  terminal: Terminal,
  options: { readonly config: string; readonly logLevel: string },
): Promise<void> {
  const file = resolve(terminal.cwd, options.config);
  const snapshot = loadSnapshot(terminal, file);
  const folder = join(terminal.cwd, ".tollgate");
  const binary = await findEnvoy(terminal.env, folder, (line) => terminal.err(line));
  const log = createLog(options.logLevel);
  let envoyEnded: (reason: string) => void = () => {};
  const crashed = new Promise<string>((done) => {
    envoyEnded = done;
  });
  const stack = await startLocalStack({
    snapshot,
    log,
    envoyBinary: binary.path,
    runFolder: join(dirname(file), "run"),
    onEnvoyExit: envoyEnded,
  });
  terminal.out(`ready listen=${stack.listenUrl} admin=${stack.gateway.adminUrl}`);
  const reason = await Promise.race([stopped(terminal), crashed]);
  await stack.stop(reason === undefined ? snapshot.server.drainMs : 0);
  if (reason !== undefined) throw new CommandFailure(reason);
}
