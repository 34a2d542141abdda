import { dirname, join, resolve } from "node:path";
import type { Snapshot } from "../config/snapshot.ts";
import { createLog } from "../core/log.ts";
import { findEnvoy } from "../xds/envoy-binary.ts";
import { followConfig } from "./follow-config.ts";
import { startingGateway } from "./listen-failure.ts";
import { loadGood } from "./load-snapshot.ts";
import { startLocalStack } from "./local-stack.ts";
import { CommandFailure, stopped, type Terminal } from "./terminal.ts";

/** `tollgate up`: gateway and Envoy together on this machine, until stopped. */
export async function up(
  terminal: Terminal,
  options: { readonly config: string; readonly logLevel: string },
): Promise<void> {
  const file = resolve(terminal.cwd, options.config);
  const loaded = loadGood(terminal, file);
  const { snapshot } = loaded;
  const binary = await findEnvoy(terminal.env, join(terminal.cwd, ".tollgate"), (line) => terminal.err(line));
  const log = createLog(options.logLevel);
  let envoyEnded: (reason: string) => void = () => {};
  const crashed = new Promise<string>((done) => {
    envoyEnded = done;
  });
  const starting = startLocalStack({
    snapshot,
    log,
    envoyBinary: binary.path,
    runFolder: join(dirname(file), "run"),
    onEnvoyExit: envoyEnded,
  });
  const stack = await startingGateway(snapshot, starting);
  const { gateway } = stack;
  const unfollow = followConfig({
    ...{ terminal, file, loaded, gateway, log },
    take: (next) => stack.reload(next),
  });
  terminal.out(`ready listen=${stack.listenUrl} admin=${gateway.adminUrl}`);
  terminal.err(firstRequest(stack.listenUrl, snapshot));
  const reason = await Promise.race([stopped(terminal), crashed]);
  unfollow();
  await stack.stop(reason === undefined ? gateway.snapshot.server.drainMs : 0);
  if (reason !== undefined) throw new CommandFailure(reason);
}

/** What to type next. */
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
      : ["  a key: tollgate key new --tenant NAME, and its entry into the file under `identity`"]),
    "point an SDK's base URL there to use it; change the config and it is taken at once",
  ].join("\n");
}
