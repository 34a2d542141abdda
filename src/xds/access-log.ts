import { planNamespace } from "../plan/metadata.ts";
import { edgeCluster } from "./envoy-input.ts";
import { type Json, typed } from "./typed.ts";

const anyFlag: Json = { response_flag_filter: {} };
const anyFailure: Json = {
  or_filter: {
    filters: [
      anyFlag,
      {
        status_code_filter: {
          comparison: { op: "GE", value: { default_value: 400, runtime_key: "tollgate.access_log.status" } },
        },
      },
    ],
  },
};

/** Only a request that has a plan carries our id; before that its x-request-id is whatever the client sent. */
const hasPlan: Json = {
  metadata_filter: {
    matcher: { filter: planNamespace, path: [{ key: "id" }], value: { present_match: true } },
    match_if_key_not_found: false,
  },
};

/** Tells Tollgate why an exchange's connection ended; an entry only where Envoy set a flag, so that none means clean. */
export function requestLog(): Json {
  return grpcLog("tollgate.request", { and_filter: { filters: [hasPlan, anyFlag] } });
}

/** Tells Tollgate of each failed attempt; an entry only for an error status or a flag. */
export function attemptLog(): Json {
  return grpcLog("tollgate.attempt", anyFailure);
}

function grpcLog(name: string, filter: Json): Json {
  return {
    name: "envoy.access_loggers.http_grpc",
    filter,
    typed_config: typed("extensions.access_loggers.grpc.v3.HttpGrpcAccessLogConfig", {
      common_config: {
        log_name: name,
        transport_api_version: "V3",
        grpc_service: { envoy_grpc: { cluster_name: edgeCluster } },
        // Unbuffered: settlement waits for these entries.
        buffer_size_bytes: 0,
        // Without it entries are lost silently while Tollgate restarts.
        grpc_stream_retry_policy: {
          retry_back_off: { base_interval: "0.2s", max_interval: "1s" },
          num_retries: 10,
        },
      },
      additional_response_headers_to_log: ["retry-after"],
    }),
  };
}
