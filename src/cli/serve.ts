import { resolve } from "node:path";
import { createLog } from "../core/log.ts";
import { Gateway } from "../gateway.ts";
import { loadSnapshot } from "./load-snapshot.ts";
import { stopped, type Terminal } from "./terminal.ts";

/** `tollgate serve`: the ext_proc server and the admin interface alone, beside an Envoy that somebody else runs. */
export async function serve(
  terminal: Terminal,
  options: { readonly config: string; readonly logLevel: string },
): Promise<void> {
  const snapshot = loadSnapshot(terminal, resolve(terminal.cwd, options.config));
  const gateway = await Gateway.start({ snapshot, log: createLog(options.logLevel) });
  const { edgeAddress } = gateway;
  const edge =
    edgeAddress.kind === "unix" ? `unix:${edgeAddress.path}` : `${edgeAddress.host}:${edgeAddress.port}`;
  terminal.out(`ready edge=${edge} admin=${gateway.adminUrl}`);
  await stopped(terminal);
  await gateway.drain(snapshot.server.drainMs);
  await gateway.close();
}
