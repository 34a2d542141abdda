import { isDeepStrictEqual } from "node:util";
import type { Snapshot } from "../config/snapshot.ts";

/** A config cannot be in force as a whole before a restart; trying again would not help. */
export class RestartNeeded extends Error {
  override readonly name = "RestartNeeded";
}

/** The settings that differ and are taken at a start only, as the config names them. */
export function needsRestart(running: Snapshot, next: Snapshot): readonly string[] {
  return fixed.filter(([, of]) => !isDeepStrictEqual(of(running), of(next))).map(([name]) => name);
}

const fixed: readonly (readonly [name: string, of: (snapshot: Snapshot) => unknown])[] = [
  ["listen.address", ({ listen }) => listen.address],
  ["listen.bodyLimit", ({ listen }) => listen.bodyLimitBytes],
  ["server.address", ({ server }) => server.address],
  ["server.token", ({ server }) => server.token],
  ["admin.address", ({ admin }) => admin.address],
  ["admin.healthAddress", ({ admin }) => admin.healthAddress],
  ["ledger", (snapshot) => shown(snapshot, "ledger")],
  ["usage.log", ({ usageLog }) => usageLog.folder],
];

/** A section as written, secrets hidden. */
function shown(snapshot: Snapshot, section: "ledger"): unknown {
  return (snapshot.redacted() as Readonly<Record<string, unknown>>)[section];
}

/** The backends of `next` that an Envoy configured for `running` has no cluster for, or another one. */
export function newBackends(running: Snapshot, next: Snapshot): readonly string[] {
  return [...next.backends.values()]
    .filter(({ name, provider, tls }) => {
      const known = running.backends.get(name);
      return (
        known?.provider.endpoint.origin !== provider.endpoint.origin || !isDeepStrictEqual(known.tls, tls)
      );
    })
    .map(({ name }) => name);
}
