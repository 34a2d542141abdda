import type { ProtobufReader } from "../core/protobuf-reader.ts";

/** Envoy's short name of one response flag, as in its `%RESPONSE_FLAGS%`. */
export type AccessLogFlag = (typeof flags)[number];

/** Reads the `envoy.data.accesslog.v3.ResponseFlags` that follows. Flags that Envoy 1.40 does not have are passed over. */
export function readResponseFlags(reader: ProtobufReader): readonly AccessLogFlag[] {
  const set: AccessLogFlag[] = [];
  const outer = reader.enter();
  while (reader.more()) {
    const tag = reader.tag();
    const flag = flags[(tag >>> 3) - 1];
    if (flag === "UAEX" && tag === unauthorizedTag) {
      // A message with the reason; its presence is the flag.
      reader.skip(tag);
      set.push(flag);
    } else if (flag !== undefined && (tag & 7) === 0) {
      if (reader.bool()) set.push(flag);
    } else reader.skip(tag);
  }
  reader.leave(outer);
  return set;
}

/** By field number, the first being 1. */
const flags = [
  "LH", // failed_local_healthcheck
  "UH", // no_healthy_upstream
  "UT", // upstream_request_timeout
  "LR", // local_reset
  "UR", // upstream_remote_reset
  "UF", // upstream_connection_failure
  "UC", // upstream_connection_termination
  "UO", // upstream_overflow
  "NR", // no_route_found
  "DI", // delay_injected
  "FI", // fault_injected
  "RL", // rate_limited
  "UAEX", // unauthorized_details
  "RLSE", // rate_limit_service_error
  "DC", // downstream_connection_termination
  "URX", // upstream_retry_limit_exceeded
  "SI", // stream_idle_timeout
  "IH", // invalid_envoy_request_headers
  "DPE", // downstream_protocol_error
  "UMSDR", // upstream_max_stream_duration_reached
  "RFCF", // response_from_cache_filter
  "NFCF", // no_filter_config_found
  "DT", // duration_timeout
  "UPE", // upstream_protocol_error
  "NC", // no_cluster_found
  "OM", // overload_manager
  "DF", // dns_resolution_failure
  "DR", // downstream_remote_reset
] as const;

/** Of `unauthorized_details`, field 13, a message. */
const unauthorizedTag = 0x6a;
