import { attemptNamespace, planNamespace, roleKey } from "../plan/metadata.ts";
import { edgeCluster } from "./envoy-input.ts";
import { type Json, seconds, typed } from "./typed.ts";

/** Longest wait for one reply; a busy stream re-arms it with every chunk, so keep-alive is what detects a hang. */
const messageTimeoutMs = 10_000;

const responseAttributes = [
  "response.code_details",
  "response.flags",
  "xds.cluster_name",
  "upstream.request_attempt_count",
  "upstream.transport_failure_reason",
];

/** The gRPC service of one role; the retry policy hides a connection that broke before the first reply. */
function grpcService(role: string): Json {
  return {
    envoy_grpc: { cluster_name: edgeCluster },
    initial_metadata: [{ key: roleKey, value: role }],
    retry_policy: {
      retry_on: "reset,connect-failure,refused-stream,unavailable",
      num_retries: 2,
      retry_back_off: { base_interval: "0.005s", max_interval: "0.02s" },
    },
  };
}

function externalProcessor(role: string, fields: { readonly [key: string]: Json }): Json {
  return typed("extensions.filters.http.ext_proc.v3.ExternalProcessor", {
    grpc_service: grpcService(role),
    failure_mode_allow: false,
    status_on_error: { code: "ServiceUnavailable" },
    message_timeout: seconds(messageTimeoutMs),
    mutation_rules: { allow_envoy: true },
    ...fields,
  });
}

/** The router-level filter: sees every request and response whole. */
export function downstreamFilter(): Json {
  return {
    name: "tollgate.downstream",
    typed_config: externalProcessor("downstream", {
      allow_mode_override: true,
      processing_mode: {
        request_header_mode: "SEND",
        request_body_mode: "BUFFERED",
        response_header_mode: "SEND",
        response_body_mode: "STREAMED",
      },
      response_attributes: responseAttributes,
      metadata_options: { receiving_namespaces: { untyped: [planNamespace] } },
    }),
  };
}

/** The upstream filter of attempts from the second on: rebuilds path, credentials and body for its own target. */
export function attemptFilter(): Json {
  return {
    name: "tollgate.attempt",
    typed_config: typed("extensions.common.matching.v3.ExtensionWithMatcher", {
      extension_config: {
        name: "tollgate.attempt.ext_proc",
        typed_config: externalProcessor("attempt", {
          processing_mode: {
            request_header_mode: "SEND",
            request_body_mode: "NONE",
            response_header_mode: "SKIP",
            response_body_mode: "NONE",
          },
          request_attributes: ["xds.cluster_name", "upstream.request_attempt_count"],
          metadata_options: {
            forwarding_namespaces: { untyped: [planNamespace] },
            receiving_namespaces: { untyped: [attemptNamespace] },
          },
        }),
      },
      xds_matcher: {
        matcher_tree: {
          input: {
            name: "attempt",
            typed_config: typed("type.matcher.v3.HttpRequestHeaderMatchInput", {
              header_name: "x-envoy-attempt-count",
            }),
          },
          exact_match_map: {
            map: {
              "1": {
                action: {
                  name: "skip",
                  typed_config: typed("extensions.filters.common.matcher.action.v3.SkipFilter"),
                },
              },
            },
          },
        },
      },
    }),
  };
}

/** Behind the attempt filter: gives a replaced body its length back, and takes off what no provider should see. */
export function attemptHeadersFilter(): Json {
  return {
    name: "tollgate.attempt.headers",
    typed_config: typed("extensions.filters.http.header_mutation.v3.HeaderMutation", {
      mutations: {
        request_mutations: [
          {
            append: {
              append_action: "ADD_IF_ABSENT",
              header: {
                key: "content-length",
                value: `%DYNAMIC_METADATA(${attemptNamespace}:content_length)%`,
              },
            },
          },
          { remove: "x-envoy-attempt-count" },
          { remove: "x-forwarded-proto" },
          { remove: "x-forwarded-for" },
        ],
      },
    }),
  };
}
