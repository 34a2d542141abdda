import { mkdirSync } from "node:fs";
import { join, resolve } from "node:path";
import type { EdgeAddress } from "../edge/edge.ts";
import { compileStatic } from "../xds/bootstrap.ts";
import { envoyInputOf } from "../xds/input-of.ts";
import { modeOf, publish, replaceFile } from "../xds/publish.ts";
import { trustedCaFile } from "../xds/trusted-cas.ts";
import { loadSnapshot } from "./load-snapshot.ts";
import { CommandFailure, type Terminal } from "./terminal.ts";

/** The forms Envoy's configuration can be written in: one static file, or a bootstrap with a folder for each kind of resource. */
export const envoyFormats = ["bootstrap", "xds"] as const;

/** One of {@link envoyFormats}. */
export type EnvoyFormat = (typeof envoyFormats)[number];

/** What `tollgate envoy` is asked for. */
export interface EnvoyArguments {
  readonly output: string;
  readonly format: readonly EnvoyFormat[];
  /** Where Envoy reaches Tollgate; default: the config's `server.address`. */
  readonly server?: EdgeAddress;
  /** The file of authorities to trust, as Envoy sees it; default: the system's. */
  readonly ca?: string;
  /** The Unix socket of Envoy's admin interface; default: a loopback port. */
  readonly adminSocket?: string;
  readonly json: boolean;
}

/** `tollgate envoy`: compiles a config to the configuration of an Envoy that somebody else runs. */
export function envoy(terminal: Terminal, file: string, options: EnvoyArguments): void {
  const snapshot = loadSnapshot(terminal, resolve(terminal.cwd, file), ["server"]);
  const folder = resolve(terminal.cwd, options.output);
  const edge = options.server ?? snapshot.server.address;
  if (edge.kind === "tcp" && (edge.port === 0 || /^(0\.0\.0\.0|::)$/.test(edge.host)))
    throw new CommandFailure(
      `Envoy cannot connect to ${edge.host}:${edge.port}: say with --server where it reaches Tollgate`,
      2,
    );
  mkdirSync(folder, { recursive: true });
  const { adminSocket } = options;
  const input = {
    ...envoyInputOf(snapshot, edge, options.ca ?? trustedCaFile(folder)),
    ...(adminSocket === undefined ? {} : { adminSocket: resolve(terminal.cwd, adminSocket) }),
  };
  const files = options.format.map((format) => {
    if (format === "xds") return publish(input, join(folder, "xds"));
    return replaceFile(join(folder, "bootstrap.json"), compileStatic(input), modeOf(input));
  });
  if (options.json) terminal.out(JSON.stringify({ files }, undefined, 2));
  else for (const path of files) terminal.out(`envoy -c ${path}`);
}
