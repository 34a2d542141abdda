import {
  attemptNamespace,
  lastAttemptHeader,
  planNamespace,
  roleKey,
  seenKey,
  waitHeader,
} from "../plan/metadata.ts";
import { edgeCluster, upstreamEdgeCluster } from "./envoy-input.ts";
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
    envoy_grpc: { cluster_name: role === "downstream" ? edgeCluster : upstreamEdgeCluster },
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

/**
 * The router-level filter: sees every request and response whole. Only what Envoy answers to a request that it refused before any filter
 * saw it is skipped: Envoy closes such a connection at once, and an answer that waited for us would be lost.
 */
export function downstreamFilter(): Json {
  return skippable(
    "tollgate.downstream",
    not(anyOf([not(responseBegun), planHas(seenKey)])),
    externalProcessor("downstream", {
      processing_mode: {
        request_header_mode: "SEND",
        request_body_mode: "BUFFERED",
        response_header_mode: "SEND",
        response_body_mode: "FULL_DUPLEX_STREAMED",
        response_trailer_mode: "SEND",
      },
      // Callers that fail to identify themselves are slowed down by source address.
      request_attributes: ["source.address"],
      response_attributes: responseAttributes,
      metadata_options: { receiving_namespaces: { untyped: [planNamespace] } },
    }),
  );
}

/** The upstream filters of attempts, by the plan's mode: of each request one of them runs, and on a plain first attempt none. */
export function attemptFilters(): readonly Json[] {
  const headersOnly = { request_header_mode: "SEND", request_body_mode: "NONE" };
  const judging = {
    // A provider may take as long as the plan's deadlines let it, which Envoy keeps by other timers.
    message_timeout: judgingTimeout,
    response_attributes: responseAttributes,
  };
  return [
    attemptFilter("attempt", anyOf([modeIs("guarded"), modeIs("validated"), firstAttempt]), {
      processing_mode: { ...headersOnly, response_header_mode: "SKIP", response_body_mode: "NONE" },
    }),
    attemptFilter("guarded", not(modeIs("guarded")), {
      ...judging,
      send_body_without_waiting_for_header_response: true,
      processing_mode: { ...headersOnly, response_header_mode: "SEND", response_body_mode: "STREAMED" },
    }),
    attemptFilter("validated", not(modeIs("validated")), {
      ...judging,
      processing_mode: { ...headersOnly, response_header_mode: "SEND", response_body_mode: "BUFFERED" },
    }),
  ];
}

function attemptFilter(role: string, skip: Json, fields: { readonly [key: string]: Json }): Json {
  return skippable(
    `tollgate.${role}`,
    skip,
    externalProcessor(role, {
      request_attributes: ["xds.cluster_name", "upstream.request_attempt_count"],
      metadata_options: {
        forwarding_namespaces: { untyped: [planNamespace] },
        receiving_namespaces: { untyped: [attemptNamespace, planNamespace] },
      },
      ...fields,
    }),
  );
}

/** A filter that has no part in what `skip` matches. */
function skippable(name: string, skip: Json, config: Json): Json {
  return {
    name,
    typed_config: typed("extensions.common.matching.v3.ExtensionWithMatcher", {
      extension_config: { name: `${name}.ext_proc`, typed_config: config },
      xds_matcher: {
        matcher_list: {
          matchers: [
            {
              predicate: skip,
              on_match: {
                action: {
                  name: "skip",
                  typed_config: typed("extensions.filters.common.matcher.action.v3.SkipFilter"),
                },
              },
            },
          ],
        },
      },
    }),
  };
}

/** An hour, the longest that Envoy takes. */
const judgingTimeout = "3600s";

const firstAttempt: Json = {
  single_predicate: {
    input: {
      name: "attempt",
      typed_config: typed("type.matcher.v3.HttpRequestHeaderMatchInput", {
        header_name: "x-envoy-attempt-count",
      }),
    },
    value_match: { exact: "1" },
  },
};

/** There are response headers: the matcher waits for them. A body that is too large (413) is known before our reply to its headers is, and is ours to answer. */
const responseBegun: Json = {
  single_predicate: {
    input: {
      name: "status",
      typed_config: typed("type.matcher.v3.HttpResponseHeaderMatchInput", { header_name: ":status" }),
    },
    value_match: { safe_regex: { google_re2: {}, regex: "[1235]\\d\\d|4(0\\d|1[0-24-9]|[2-9]\\d)" } },
  },
};

function modeIs(mode: string): Json {
  return planMatches("mode", { string_match: { exact: mode } });
}

function planHas(key: string): Json {
  return planMatches(key, { present_match: true });
}

function planMatches(key: string, value: Json): Json {
  return {
    single_predicate: {
      input: {
        name: key,
        typed_config: typed("extensions.matching.common_inputs.network.v3.DynamicMetadataInput", {
          filter: planNamespace,
          path: [{ key }],
        }),
      },
      custom_match: {
        name: key,
        typed_config: typed("extensions.matching.input_matchers.metadata.v3.Metadata", { value }),
      },
    },
  };
}

function not(predicate: Json): Json {
  return { not_matcher: predicate };
}

function anyOf(predicates: readonly Json[]): Json {
  return { or_matcher: { predicate: predicates } };
}

/** Behind the attempt filter: gives a replaced body its length back, takes off what no provider should see, and what no provider may tell the router. */
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
        response_mutations: [{ remove: lastAttemptHeader }, { remove: waitHeader }],
      },
    }),
  };
}
