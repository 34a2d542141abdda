import { isIP } from "node:net";
import type { EdgeAddress } from "../edge/edge.ts";
import { unresolvedAddress } from "../plan/unresolved-address.ts";
import {
  type EnvoyBackend,
  type EnvoyInput,
  edgeCluster,
  rejectCluster,
  upstreamEdgeCluster,
} from "./envoy-input.ts";
import { attemptFilters, attemptHeadersFilter } from "./ext-proc.ts";
import { type MessageSizes, messageSizes } from "./message-sizes.ts";
import { type Json, seconds, typed } from "./typed.ts";

const protocolOptions = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions";
/** Requests in flight and retries per cluster: the defaults (1024 and 3) would turn load into errors. */
const unlimited = {
  thresholds: [
    { max_connections: 65_536, max_pending_requests: 65_536, max_requests: 65_536, max_retries: 65_536 },
  ],
};
const connectTimeoutMs = 3_000;
/** Bytes our server may send on one connection beyond what Envoy has read. */
const edgeConnectionWindowBytes = 16_777_216;
/** Turns "no hosts", which is final, into a refused connection, which is retried on the next target. */
const closedPort = {
  endpoint: {
    address: { socket_address: { address: unresolvedAddress.address, port_value: unresolvedAddress.port } },
  },
};

/** A cluster for each backend, and the one that catches requests without a plan. */
export function compileClusters(input: EnvoyInput): readonly Json[] {
  return [
    ...input.backends.map(backendCluster),
    { name: rejectCluster, type: "STATIC", load_assignment: { cluster_name: rejectCluster } },
  ];
}

/**
 * The clusters of Tollgate itself: two to one server, so that whole answers on their way to be judged and the pieces of other answers have a
 * connection each. They stand in the bootstrap: replacing one breaks every exchange that is open.
 */
export function compileEdgeClusters({ edge, listen }: EnvoyInput): readonly Json[] {
  const sizes = messageSizes(listen.bodyLimitBytes);
  return [edgeCluster, upstreamEdgeCluster].map((name) => compileEdgeCluster(name, edge, sizes));
}

/** HTTP/2 with what a control service on every request needs. */
function compileEdgeCluster(name: string, address: EdgeAddress, sizes: MessageSizes): Json {
  return {
    name,
    ...(address.kind === "unix" ? { type: "STATIC" } : discovery(address.host)),
    connect_timeout: "1s",
    lb_policy: "LEAST_REQUEST",
    circuit_breakers: unlimited,
    per_connection_buffer_limit_bytes: sizes.edgeConnectionBufferBytes,
    health_checks: [
      {
        timeout: "2s",
        interval: "1s",
        no_traffic_interval: "1s",
        unhealthy_threshold: 2,
        healthy_threshold: 1,
        always_log_health_check_failures: false,
        grpc_health_check: {},
      },
    ],
    outlier_detection: {
      consecutive_local_origin_failure: 2,
      split_external_local_origin_errors: true,
      base_ejection_time: "2s",
      enforcing_consecutive_5xx: 0,
      enforcing_consecutive_gateway_failure: 0,
      enforcing_success_rate: 0,
    },
    typed_extension_protocol_options: {
      [protocolOptions]: typed("extensions.upstreams.http.v3.HttpProtocolOptions", {
        explicit_http_config: {
          http2_protocol_options: {
            initial_stream_window_size: sizes.edgeStreamWindowBytes,
            initial_connection_window_size: edgeConnectionWindowBytes,
            // Detects a hung Tollgate; longer than any stall we tolerate in ourselves.
            connection_keepalive: { interval: "5s", timeout: "10s" },
          },
        },
      }),
    },
    load_assignment: {
      cluster_name: name,
      endpoints: [{ lb_endpoints: [{ endpoint: { address: edgeEndpoint(address) } }] }],
    },
  };
}

function edgeEndpoint(address: EdgeAddress): Json {
  if (address.kind === "unix") return { pipe: { path: address.path } };
  return { socket_address: { address: address.host, port_value: address.port } };
}

function backendCluster(backend: EnvoyBackend): Json {
  const { hostname, port, host, protocol } = backend.endpoint;
  const secure = protocol === "https:";
  const address = hostname.replace(/^\[|\]$/g, "");
  const endpoint = {
    // The Host header: with the port unless it is the scheme's default.
    hostname: host,
    address: { socket_address: { address, port_value: port === "" ? (secure ? 443 : 80) : Number(port) } },
  };
  const name = backend.cluster ?? backend.name;
  return {
    name,
    ...(name === backend.name ? {} : { alt_stat_name: backend.name }),
    ...discovery(address),
    connect_timeout: seconds(backend.connectTimeoutMs ?? connectTimeoutMs),
    circuit_breakers: unlimited,
    typed_extension_protocol_options: {
      [protocolOptions]: typed("extensions.upstreams.http.v3.HttpProtocolOptions", {
        ...(secure
          ? { auto_config: { http_protocol_options: {}, http2_protocol_options: {} } }
          : { explicit_http_config: { http_protocol_options: {} } }),
        http_filters: [
          ...attemptFilters(),
          attemptHeadersFilter(),
          {
            name: "envoy.filters.http.upstream_codec",
            typed_config: typed("extensions.filters.http.upstream_codec.v3.UpstreamCodec"),
          },
        ],
      }),
    },
    ...(secure ? { transport_socket: tlsSocket(backend, address) } : {}),
    load_assignment: {
      cluster_name: name,
      endpoints: [
        { priority: 0, lb_endpoints: [{ endpoint }] },
        { priority: 1, lb_endpoints: [closedPort] },
      ],
    },
  };
}

function discovery(host: string): { readonly [key: string]: Json } {
  return isIP(host) === 0 ? { type: "STRICT_DNS", dns_lookup_family: "V4_PREFERRED" } : { type: "STATIC" };
}

type ClientCertificate = NonNullable<EnvoyBackend["tls"]["client"]>;

/** An authority alone would accept anyone's certificate, so the name is matched too. */
function tlsSocket(backend: EnvoyBackend, address: string): Json {
  const { client } = backend.tls;
  const name = backend.tls.serverName ?? address;
  const ip = isIP(name) !== 0;
  return {
    name: "envoy.transport_sockets.tls",
    typed_config: typed("extensions.transport_sockets.tls.v3.UpstreamTlsContext", {
      ...(ip ? {} : { sni: name }),
      common_tls_context: {
        alpn_protocols: ["h2", "http/1.1"],
        ...(client === undefined ? {} : { tls_certificates: [clientCertificate(client)] }),
        validation_context: {
          trusted_ca:
            backend.tls.caPem === undefined
              ? { filename: backend.tls.caFile }
              : { inline_string: backend.tls.caPem },
          match_typed_subject_alt_names: [{ san_type: ip ? "IP_ADDRESS" : "DNS", matcher: { exact: name } }],
        },
      },
    }),
  };
}

function clientCertificate({ certPem, keyPem }: ClientCertificate): Json {
  return { certificate_chain: { inline_string: certPem }, private_key: { inline_string: keyPem } };
}
