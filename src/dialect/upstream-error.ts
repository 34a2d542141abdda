import { type ErrorCode, GatewayError } from "../core/errors.ts";

/** The meaning of an upstream's status when its body does not state an error in the client's format. */
export function errorOfStatus(status: number): GatewayError {
  return new GatewayError(codeOfStatus(status), `the provider answered with status ${status}`);
}

function codeOfStatus(status: number): ErrorCode {
  switch (status) {
    case 401:
    case 402:
    case 403:
      return "upstream_auth";
    case 404:
      return "unknown_model";
    case 413:
      return "body_too_large";
    case 429:
      return "rate_limit";
    case 408:
    case 504:
      return "timeout";
    default:
      return status >= 500 ? "upstream_unavailable" : "invalid_request";
  }
}

/** Words by which providers name their errors, in order of precedence. */
const signs: readonly (readonly [RegExp, ErrorCode])[] = [
  [/context_length|context window/i, "context_length_exceeded"],
  [/quota|billing|credit/i, "insufficient_quota"],
  [/rate_?limit|throttl|too_?many|resource_exhausted|429/i, "rate_limit"],
  [/auth|permission|forbidden|api_key|access_?denied/i, "upstream_auth"],
  [/timeout|deadline/i, "timeout"],
  [/overload|server|unavailable|internal|api_error/i, "upstream_unavailable"],
];

/**
 * An error that a provider sent inside a 200, told by its own names for it (`type`, `code`). Its message is not repeated: it may quote the prompt.
 */
export function errorInStream(...names: readonly unknown[]): GatewayError {
  const name = names.filter((one) => typeof one === "string" || typeof one === "number").join(" ");
  const code = signs.find(([sign]) => sign.test(name))?.[1] ?? "upstream_invalid";
  return new GatewayError(code, "the provider ended its answer with an error");
}
