import { hash } from "node:crypto";
import type { Backend, Snapshot } from "../config/snapshot.ts";

const digestLength = 10;

/**
 * The same config with each backend's cluster named after where it leads: `openai@3f9a2c41d0`. A changed endpoint is another cluster, so an
 * exchange that was opened before the change reaches the endpoint its credentials are for, whatever Envoy has been given since. Only for
 * an Envoy whose configuration Tollgate writes; any other one has the names that `tollgate envoy` gave it.
 */
export function withEndpointClusters(snapshot: Snapshot): Snapshot {
  const backends = [...snapshot.backends.values()].map((backend) =>
    Object.freeze({ ...backend, cluster: endpointCluster(backend) }),
  );
  return Object.freeze({
    ...snapshot,
    backends: new Map(backends.map((backend) => [backend.name, backend])),
  });
}

/** `@` cannot occur in a backend's name, so no cluster has the name of another backend's. */
function endpointCluster({ name, provider, tls }: Backend): string {
  const { protocol, host } = provider.endpoint;
  const client = tls?.client === undefined ? [] : [tls.client.certPem];
  const identity = JSON.stringify([protocol, host, tls?.serverName, tls?.caPem, ...client]);
  return `${name}@${hash("sha256", identity, "hex").slice(0, digestLength)}`;
}
