import { attemptLog, requestLog } from "./access-log.ts";
import type { EnvoyInput } from "./envoy-input.ts";
import { downstreamFilter } from "./ext-proc.ts";
import { localReplies } from "./local-replies.ts";
import { messageSizes } from "./message-sizes.ts";
import { type Json, typed } from "./typed.ts";

/**
 * What Envoy buffers of a request before Tollgate has answered its headers, and of an answer that its client does not read. Each connection
 * may have as much, so twenty clients that flood the gateway before they are refused cost 80 MiB. Below 1 MiB, Envoy can crash on fast
 * answers that pass an upstream filter.
 */
const connectionBufferBytes = 4_194_304;
/**
 * Requests that one HTTP/2 connection may have open at once: what Envoy advises at an edge, and the least that RFC 9113 does. Clients queue
 * what is above it, or open a second connection. Everybody else waits behind the streams that one client opens at once.
 * https://www.envoyproxy.io/docs/envoy/latest/configuration/best_practices/edge
 */
const streamsPerConnectionMax = 100;
/** Longest silence on a stream; whole answers of reasoning models take minutes before their first byte. */
const streamIdleTimeout = "900s";

/**
 * Longest time that a client may read nothing of what is left of its last answer before its connection is cut; Envoy's default is 1 s. An HTTP/1.1
 * client whose answer breaks in its middle sees the end of its connection only after this time, so it cannot be long.
 */
const delayedCloseTimeout = "5s";

/** Where a listener's routes are: by discovery or in place. */
export type RouteSource = { readonly rds: Json } | { readonly route_config: Json };

/** The listener clients connect to. */
export function compileListener(input: EnvoyInput, routes: RouteSource): Json {
  return {
    name: "tollgate",
    address: { socket_address: socketAddress(input.listen) },
    // Another Envoy on the same port would be sent half of the clients; without this it is refused.
    enable_reuse_port: false,
    // A vhost's body limit only raises the listener's, so the listener's must not be above it.
    per_connection_buffer_limit_bytes: Math.min(
      connectionBufferBytes,
      messageSizes(input.listen.bodyLimitBytes).requestBytesMax,
    ),
    filter_chains: [{ filters: [connectionManager(routes)] }],
  };
}

/** `::` takes IPv4 as well, as it does for every other server here. */
function socketAddress({ host, port }: EnvoyInput["listen"]): Json {
  return { address: host, port_value: port, ...(host === "::" ? { ipv4_compat: true } : {}) };
}

function connectionManager(routes: RouteSource): Json {
  return {
    name: "envoy.filters.network.http_connection_manager",
    typed_config: typed("extensions.filters.network.http_connection_manager.v3.HttpConnectionManager", {
      stat_prefix: "tollgate",
      codec_type: "AUTO",
      http2_protocol_options: { max_concurrent_streams: streamsPerConnectionMax },
      // Makes x-envoy-* and x-forwarded-for of clients ineffective.
      use_remote_address: true,
      // The client's own id is recorded and given back; ours takes its place upstream.
      preserve_external_request_id: true,
      generate_request_id: false,
      normalize_path: true,
      // Model names in paths may hold encoded slashes (Bedrock ARNs).
      path_with_escaped_slashes_action: "KEEP_UNCHANGED",
      stream_idle_timeout: streamIdleTimeout,
      request_headers_timeout: "10s",
      request_timeout: "300s",
      delayed_close_timeout: delayedCloseTimeout,
      access_log: [requestLog()],
      local_reply_config: localReplies(),
      http_filters: [
        downstreamFilter(),
        {
          name: "envoy.filters.http.router",
          typed_config: typed("extensions.filters.http.router.v3.Router", {
            suppress_envoy_headers: true,
            upstream_log: [attemptLog()],
          }),
        },
      ],
      ...routes,
    }),
  };
}
