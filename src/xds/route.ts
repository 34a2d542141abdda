import { planNamespace, waitHeader } from "../plan/metadata.ts";
import { type EnvoyInput, rejectCluster } from "./envoy-input.ts";
import { messageSizes } from "./message-sizes.ts";
import { type Json, typed } from "./typed.ts";

/** Retries of one exchange that Envoy itself allows at most; each plan asks for its own number by header. */
const retriesMax = 9;

/**
 * One route before there is a plan, and one with it. Clearing the route cache matches the rewritten path again, so nothing may depend on the path.
 * Envoy keeps to one limit for requests and answers: a planned exchange raises it to what answers may need, and a request cannot use that.
 */
export function compileRoutes(input: EnvoyInput): Json {
  const { requestBytesMax, bufferedBytesMax } = messageSizes(input.listen.bodyLimitBytes);
  return {
    name: "tollgate",
    validate_clusters: true,
    virtual_hosts: [
      {
        name: "tollgate",
        domains: ["*"],
        // Without it a client's own header would decide which attempts our filters skip.
        include_request_attempt_count: true,
        request_body_buffer_limit: requestBytesMax,
        routes: [
          {
            name: "planned",
            match: { prefix: "/", dynamic_metadata: [hasPlan] },
            request_body_buffer_limit: bufferedBytesMax,
            route: planRoute(),
          },
          { name: "unplanned", match: { prefix: "/" }, route: planRoute() },
        ],
      },
    ],
  };
}

const hasPlan = { filter: planNamespace, path: [{ key: "id" }], value: { present_match: true } };

function planRoute(): Json {
  return {
    timeout: "0s",
    auto_host_rewrite: true,
    inline_cluster_specifier_plugin: {
      extension: {
        name: "envoy.router.cluster_specifier_plugin.priority_group",
        typed_config: typed(
          "extensions.router.cluster_specifiers.priority_group.v3.PriorityGroupClusterSpecifier",
          {
            override_metadata_namespace: planNamespace,
            priority_groups: [{ name: "none", clusters: [{ cluster_name: rejectCluster, weight: 1 }] }],
          },
        ),
      },
    },
    retry_policy: {
      retry_on: "5xx,reset,connect-failure,refused-stream,retriable-status-codes",
      // The next target has its own credentials and quota.
      retriable_status_codes: [401, 402, 403, 404, 408, 409, 410, 424, 429],
      num_retries: retriesMax,
      refresh_cluster_on_retry: true,
      // Another target has no reason to be spared; Envoy waits for a random part of this.
      retry_back_off: { base_interval: "0.001s", max_interval: "0.01s" },
      rate_limited_retry_back_off: {
        reset_headers: [{ name: waitHeader, format: "SECONDS" }],
        max_interval: "60s",
      },
    },
  };
}
