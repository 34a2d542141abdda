import type { LocalReply } from "../dialect/dialect.ts";
import type { EdgeMessage } from "../edge/edge.ts";
import type { GateVerdict } from "../exchange/answer/gate.ts";
import type { Forward } from "../exchange/state/outcome.ts";
import {
  attemptNamespace,
  lastAttemptHeader,
  localDetails,
  planNamespace,
  seenKey,
  waitHeader,
} from "../plan/metadata.ts";
import {
  continueReplies,
  encodeBodyReply,
  encodeHeadersReply,
  encodeImmediateReply,
} from "./codec/processing-response.ts";
import type { StructObject, StructValue } from "./codec/struct-value.ts";

/** An answer of ours in the upstream's place. */
export function localReply(reply: LocalReply): EdgeMessage {
  return encodeImmediateReply({
    status: reply.status,
    headers: reply.headers,
    body: reply.body,
    details: localDetails,
  });
}

/** The request goes on to its body, and Envoy knows that we have seen it. */
export const seenReply: EdgeMessage = encodeHeadersReply({
  kind: "request_headers",
  dynamicMetadata: { [planNamespace]: { [seenKey]: "true" } },
});

/** Attempt 1 on its way: as the reply to the buffered body, or to the headers of a request without one. */
export function forwardReply(forward: Forward, kind: "request_headers" | "request_body"): EdgeMessage {
  const { remove, set } = forward.headers;
  const common = {
    edits: { set: [...set, ...retryHeaders(forward)], remove },
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

/** Headers that configure the router for this request alone, and that it removes before a provider sees them. */
function retryHeaders({ retries: { max, perTryMs } }: Forward): [string, string][] {
  const headers: [string, string][] = [[maxRetriesHeader, String(max)]];
  if (perTryMs !== undefined) headers.push([perTryHeader, String(perTryMs)]);
  return headers;
}

/** A later attempt: always replaced whole, since all attempts share one set of request headers. */
export function attemptReply(forward: Forward): EdgeMessage {
  const { remove, set } = forward.headers;
  return encodeHeadersReply({
    kind: "request_headers",
    edits: { set, remove: [...remove, maxRetriesHeader, perTryHeader] },
    replacementBody: forward.body,
    // Envoy drops a length set here; the filter behind this one puts it back.
    dynamicMetadata: { [attemptNamespace]: { content_length: String(forward.body.length) } },
  });
}

/** What Envoy is to do with an upstream's answer that was looked at. */
export function verdictReply(kind: "response_headers" | "response_body", verdict: GateVerdict): EdgeMessage {
  if (verdict.kind === "release" && !verdict.last) return continueReplies[kind];
  const next = verdict.kind === "fail" ? verdict.next : undefined;
  const set: [string, string][] = [];
  if (verdict.kind === "fail") set.push([":status", "503"]);
  if (next === undefined) set.push([lastAttemptHeader, "true"]);
  if (next?.waitSec !== undefined) set.push([waitHeader, String(next.waitSec)]);
  const reply = {
    edits: { set, remove: [] },
    ...(next?.clusters === undefined
      ? {}
      : { dynamicMetadata: { [planNamespace]: { priority_groups: priorityGroups(next.clusters) } } }),
  };
  return kind === "response_headers"
    ? encodeHeadersReply({ kind, ...reply })
    : encodeBodyReply({ kind, ...reply });
}

/** The next piece of an answer, which Envoy keeps no copy of: what is not sent here never reaches the client. */
export function bodyReply(bytes: Uint8Array, last: boolean): EdgeMessage {
  return encodeBodyReply({ kind: "response_body", body: { kind: "streamed", bytes, endOfStream: last } });
}

function planStruct({ plan }: Forward): StructObject {
  const { id, mode, clientId, cut, clusters } = plan;
  return { [seenKey]: "true", id, mode, client_id: clientId, cut, priority_groups: priorityGroups(clusters) };
}

function priorityGroups(clusters: readonly string[]): StructValue[] {
  return clusters.map((cluster, index) => ({
    name: `attempt-${index + 1}`,
    clusters: [{ cluster_name: cluster, weight: 1 }],
  }));
}

const maxRetriesHeader = "x-envoy-max-retries";
const perTryHeader = "x-envoy-upstream-rq-per-try-timeout-ms";
