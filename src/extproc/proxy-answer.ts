import { type ErrorCode, GatewayError } from "../core/errors.ts";
import { answerTooLarge } from "../dialect/whole-response.ts";
import type { AnswerSource } from "../exchange/state/outcome.ts";
import { localDetails } from "../plan/metadata.ts";
import type { FailureClass } from "../provider/provider.ts";

/** Envoy's words for an answer that is larger than it may keep until it is judged. */
const tooLargeDetails = "response_payload_too_large";

/** Who made an answer, by Envoy's `response.code_details`. `isUnsent`: Envoy made no attempt. */
export function answerSource(status: number, details: string, isUnsent: boolean): AnswerSource {
  if (details === "via_upstream") return { kind: "upstream" };
  if (details.startsWith(localDetails)) return { kind: "gateway" };
  const common = { kind: "proxy", class: classOfDetails(details, isUnsent), reason: details } as const;
  // What Envoy refuses by itself after we have seen its head, e.g. a body that takes too long to come, is the client's fault and no bug: the status stays.
  if (status < 500 && status !== 413) {
    const error = new GatewayError("invalid_request", `the request was refused: ${details}`);
    return { ...common, error, status, ending: "denied" };
  }
  return { ...common, error: errorOf(status, details), status: undefined, ending: endingOf(status, details) };
}

function errorOf(status: number, details: string): GatewayError {
  if (details === tooLargeDetails) return answerTooLarge();
  const known = errors.get(details);
  if (known !== undefined) return new GatewayError(...known);
  if (details.startsWith("upstream_reset_before_response_started"))
    return new GatewayError("upstream_unavailable", "the provider could not be reached");
  if (status === 413) return new GatewayError(...tooLarge);
  return new GatewayError(status === 504 ? "timeout" : "internal", "the request could not be forwarded");
}

function endingOf(
  status: number,
  details: string,
): "timeout" | "upstream_reset" | "upstream_error" | "denied" {
  if (status === 413) return "denied";
  if (details.includes("timeout")) return "timeout";
  return details.startsWith("upstream_reset") ? "upstream_reset" : "upstream_error";
}

/** The class of the attempt that Envoy answered by itself. */
function classOfDetails(details: string, isUnsent: boolean): FailureClass {
  // The request asked for so much; its target has done nothing wrong.
  if (details === tooLargeDetails) return "client_error";
  if (!isUnsent && details.includes("timeout")) return "timeout";
  return /connection_failure|no_healthy_upstream|cluster_not_found/.test(details)
    ? "unreachable"
    : "overloaded";
}

type KnownError = readonly [code: ErrorCode, message: string];
const noAnswerInTime: KnownError = ["timeout", "the provider did not answer in time"];
const noBackend: KnownError = ["no_backend", "no backend can take this request"];
const tooLarge: KnownError = ["body_too_large", "the body is larger than this gateway takes"];
const errors: ReadonlyMap<string, KnownError> = new Map([
  ["request_payload_too_large", tooLarge],
  ["upstream_per_try_timeout", noAnswerInTime],
  ["response_timeout", noAnswerInTime],
  ["upstream_per_try_idle_timeout", noAnswerInTime],
  ["stream_idle_timeout", ["timeout", "nothing was heard for too long"] satisfies KnownError],
  ["no_healthy_upstream", noBackend],
  ["cluster_not_found", noBackend],
]);
