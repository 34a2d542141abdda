import { planNamespace, waitHeader } from "../plan/metadata.ts";
import { bodyHeadroomBytes, type EnvoyInput, rejectCluster } from "./envoy-input.ts";
import { type Json, typed } from "./typed.ts";

/** Retries of one exchange that Envoy itself allows at most; each plan asks for its own number by header. */
const retriesMax = 9;

/** The one route: clearing the route cache matches the rewritten path again, so nothing may depend on the path. */
export function compileRoutes(input: EnvoyInput): Json {
  return {
    name: "tollgate",
    validate_clusters: true,
    virtual_hosts: [
      {
        name: "tollgate",
        domains: ["*"],
        // Without it a client's own header would decide which attempts our filters skip.
        include_request_attempt_count: true,
        request_body_buffer_limit: input.listen.bodyLimitBytes + bodyHeadroomBytes,
        routes: [{ name: "plan", match: { prefix: "/" }, route: planRoute() }],
      },
    ],
  };
}

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
      retriable_status_codes: [401, 402, 403, 408, 409, 424, 429],
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
