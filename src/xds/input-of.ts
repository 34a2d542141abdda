import type { Snapshot } from "../config/snapshot.ts";
import type { EdgeAddress } from "../edge/edge.ts";
import type { EnvoyInput } from "./envoy-input.ts";

/** Envoy's input from a snapshot. `caFile` is trusted where a backend names no authorities. */
export function envoyInputOf(snapshot: Snapshot, edge: EdgeAddress, caFile: string): EnvoyInput {
  return {
    version: snapshot.version,
    listen: { ...snapshot.listen.address, bodyLimitBytes: snapshot.listen.bodyLimitBytes },
    edge,
    ...(snapshot.server.token === undefined ? {} : { edgeToken: snapshot.server.token }),
    backends: [...snapshot.backends.values()].map(({ name, cluster, provider, tls }) => ({
      name,
      cluster,
      endpoint: provider.endpoint,
      connectTimeoutMs: snapshot.connectTimeouts.get(name),
      // Certificates go with the configuration: Envoy reads a file once, and would not notice that it has changed.
      tls: { caFile, caPem: tls?.caPem, client: tls?.client, serverName: tls?.serverName },
    })),
  };
}
