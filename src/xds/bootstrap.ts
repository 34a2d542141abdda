import { compileClusters, compileEdgeClusters } from "./cluster.ts";
import { withEdgeToken } from "./edge-token.ts";
import type { EnvoyInput } from "./envoy-input.ts";
import { compileListener } from "./listener.ts";
import { heapBytesHere, heapBytesMax, overloadManager } from "./overload-manager.ts";
import { compileRoutes } from "./route.ts";
import type { Json } from "./typed.ts";

/**
 * Keeps slow answers from crashing Envoy, at the top level of every bootstrap. Envoy evicts a gRPC client that nobody asked for during the
 * idle time (default 50 s), even while a stream of it is open. With graceful close on, the end of that stream then uses freed memory
 * (seen in Envoy 1.36.4 to 1.40.0). Either setting is enough by itself.
 */
const extProcSafety = {
  grpc_async_client_manager_config: { max_cached_entry_idle_duration: "86400s" },
  layered_runtime: {
    layers: [
      { name: "tollgate", static_layer: { "envoy.reloadable_features.ext_proc_graceful_grpc_close": false } },
    ],
  },
};

/** The files of one Envoy, by path relative to its folder, as JSON values. One directory a kind: a rename re-reads a whole directory. */
export interface EnvoyFiles {
  readonly "bootstrap.json": Json;
  readonly "cds/clusters.json": Json;
  readonly "lds/listeners.json": Json;
  readonly "rds/routes.json": Json;
}

/** Compiles everything Envoy reads. `folder` is the absolute path where the files will lie. */
export function compileEnvoy(input: EnvoyInput, folder: string): EnvoyFiles {
  const clusters = discoveryResponse(input.version, "config.cluster.v3.Cluster", compileClusters(input));
  const listeners = discoveryResponse(input.version, "config.listener.v3.Listener", [
    compileListener(input, {
      rds: { route_config_name: "tollgate", config_source: fileSource(folder, "rds/routes.json") },
    }),
  ]);
  return {
    "bootstrap.json": bootstrap(input, folder),
    "cds/clusters.json": withEdgeToken(clusters, input.edgeToken),
    "lds/listeners.json": withEdgeToken(listeners, input.edgeToken),
    "rds/routes.json": discoveryResponse(input.version, "config.route.v3.RouteConfiguration", [
      compileRoutes(input),
    ]),
  };
}

/** The same configuration as one static file, for an Envoy that somebody else runs. */
export function compileStatic(input: EnvoyInput): Json {
  const config = {
    ...extProcSafety,
    overload_manager: overloadManager(heapBytesMax),
    static_resources: {
      listeners: [compileListener(input, { route_config: compileRoutes(input) })],
      clusters: [...compileClusters(input), ...compileEdgeClusters(input)],
    },
  };
  return withEdgeToken(config, input.edgeToken);
}

function bootstrap(input: EnvoyInput, folder: string): Json {
  return {
    node: { id: "tollgate", cluster: "tollgate" },
    admin: { address: adminAddress(input) },
    ...extProcSafety,
    overload_manager: overloadManager(heapBytesHere()),
    dynamic_resources: {
      cds_config: fileSource(folder, "cds/clusters.json"),
      lds_config: fileSource(folder, "lds/listeners.json"),
    },
    static_resources: { clusters: compileEdgeClusters(input) },
  };
}

function adminAddress({ adminSocket }: EnvoyInput): Json {
  if (adminSocket !== undefined) return { pipe: { path: adminSocket, mode: 0o600 } };
  return { socket_address: { address: "127.0.0.1", port_value: 0 } };
}

function fileSource(folder: string, file: string): Json {
  return {
    resource_api_version: "V3",
    path_config_source: {
      path: `${folder}/${file}`,
      watched_directory: { path: `${folder}/${file.slice(0, file.indexOf("/"))}` },
    },
  };
}

function discoveryResponse(version: string, type: string, resources: readonly Json[]): Json {
  return {
    version_info: version,
    resources: resources.map((resource) => ({
      "@type": `type.googleapis.com/envoy.${type}`,
      ...(resource as object),
    })),
  };
}
