import { type ErrorCode, GatewayError } from "../../core/errors.ts";
import { answerTooLarge } from "../../dialect/whole-response.ts";
import type { FailureClass } from "../../provider/provider.ts";
import type { ResponseHead } from "../state/outcome.ts";

/** Envoy's words for an answer that is larger than it may keep until it is judged. */
const tooLargeDetails = "response_payload_too_large";

/** The failure that an answer of Envoy's own stands for, by its `response.code_details`. */
export function localFailure(head: ResponseHead): GatewayError {
  const why: Readonly<Record<string, readonly [ErrorCode, string]>> = {
    request_payload_too_large: ["body_too_large", "the body is larger than this gateway takes"],
    upstream_per_try_timeout: ["timeout", "the provider did not answer in time"],
    response_timeout: ["timeout", "the provider did not answer in time"],
    upstream_per_try_idle_timeout: ["timeout", "the provider did not answer in time"],
    stream_idle_timeout: ["timeout", "nothing was heard for too long"],
    no_healthy_upstream: ["no_backend", "no backend can take this request"],
    cluster_not_found: ["no_backend", "no backend can take this request"],
  };
  if (head.codeDetails === tooLargeDetails) return answerTooLarge();
  const known = why[head.codeDetails];
  if (known !== undefined) return new GatewayError(known[0], known[1]);
  if (head.codeDetails.startsWith("upstream_reset_before_response_started")) {
    return new GatewayError("upstream_unavailable", "the provider could not be reached");
  }
  if (head.status === 413)
    return new GatewayError("body_too_large", "the body is larger than this gateway takes");
  return new GatewayError(head.status === 504 ? "timeout" : "internal", "the request could not be forwarded");
}

/** The ending of an exchange that Envoy answered by itself. */
export function endingOf(head: ResponseHead): "timeout" | "upstream_reset" | "upstream_error" | "denied" {
  if (head.status === 413) return "denied";
  if (head.codeDetails.includes("timeout")) return "timeout";
  return head.codeDetails.startsWith("upstream_reset") ? "upstream_reset" : "upstream_error";
}

/** The class of an attempt that Envoy answered by itself. `unsent`: none of its request had left. */
export function classOfDetails(details: string, unsent: boolean): FailureClass {
  // The request asked for so much; its target has done nothing wrong.
  if (details === tooLargeDetails) return "client_error";
  if (!unsent && details.includes("timeout")) return "timeout";
  return /connection_failure|no_healthy_upstream|cluster_not_found/.test(details)
    ? "unreachable"
    : "overloaded";
}
