import { GatewayError } from "../../core/errors.ts";
import { askedWaitMs } from "../../core/retry-after.ts";
import { errorOfStatus } from "../../dialect/upstream-error.ts";
import type { ResponseHead } from "../state/outcome.ts";

/** An upstream's answer that says our credentials or our account are at fault is not the client's business. */
export function accountFailure({ status }: ResponseHead): GatewayError | undefined {
  if (status !== 401 && status !== 402 && status !== 403) return undefined;
  return new GatewayError("upstream_auth", "the provider refused the gateway's credentials");
}

/** A refusal without a body, in our words: its status and the wait that it asks for are all it says. */
export function emptyRefusalError({ status, headers }: ResponseHead, nowMs: number): GatewayError {
  const { code, message } = errorOfStatus(status);
  return new GatewayError(code, message, { retryAfterMs: askedWaitMs((name) => headers.get(name), nowMs) });
}

/** The body of a refusal is in the client's format by the time it leaves, whatever its server calls it. */
export function refusalHeaders({ status }: ResponseHead): readonly (readonly [string, string])[] {
  return status < 400 ? [] : [["content-type", "application/json"]];
}
