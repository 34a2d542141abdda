import type { LocalReply } from "../dialect/dialect.ts";
import { localDetails } from "../exchange/local-reply.ts";
import type { Forward } from "../exchange/outcome.ts";
import { attemptNamespace, planNamespace } from "../plan/metadata.ts";
import { encodeBodyReply, encodeHeadersReply, encodeImmediateReply } from "./codec/processing-response.ts";
import type { StructObject } from "./codec/struct-value.ts";

/** An answer of ours in the upstream's place. */
export function localReply(reply: LocalReply): Uint8Array {
  return encodeImmediateReply({
    status: reply.status,
    headers: reply.headers,
    body: reply.body,
    details: localDetails,
  });
}

/** Attempt 1 on its way: as the reply to the buffered body, or to the headers of a request without one. */
export function forwardReply(forward: Forward, kind: "request_headers" | "request_body"): Uint8Array {
  const common = {
    edits: forward.headers,
    // Without it Envoy would keep the cluster it chose before there was a plan.
    clearRouteCache: true,
    dynamicMetadata: { [planNamespace]: planStruct(forward) },
  };
  if (kind === "request_headers") return encodeHeadersReply({ kind, ...common });
  return encodeBodyReply({
    kind,
    ...common,
    ...(forward.bodyChanged ? { body: { kind: "replace", bytes: forward.body } } : {}),
  });
}

/** A later attempt: always replaced whole, since all attempts share one set of request headers. */
export function attemptReply(forward: Forward): Uint8Array {
  return encodeHeadersReply({
    kind: "request_headers",
    edits: forward.headers,
    replacementBody: forward.body,
    // Envoy drops a length set here; the filter behind this one puts it back.
    dynamicMetadata: { [attemptNamespace]: { content_length: String(forward.body.length) } },
  });
}

function planStruct({ plan }: Forward): StructObject {
  return {
    id: plan.id,
    mode: plan.mode,
    priority_groups: plan.clusters.map((cluster, index) => ({
      name: `attempt-${index + 1}`,
      clusters: [{ cluster_name: cluster, weight: 1 }],
    })),
  };
}
