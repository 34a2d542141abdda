import { GatewayError } from "../core/errors.ts";
import { chain, type MaybePromise } from "../core/maybe-promise.ts";
import type { Identity } from "./identity.ts";
import type { Principal } from "./principal.ts";

const missing =
  "no API key was sent: send one as your SDK does (Authorization: Bearer, x-api-key, api-key or x-goog-api-key)";
const unknown = "the API key is not known here: check it, or ask for one";

/**
 * Identifies the caller by a credential: the first identity that recognises it decides. A refusal is returned as an `unauthenticated` error, not
 * thrown.
 */
export function identify(
  identities: readonly Identity[],
  credential: string | undefined,
  nowMs: number,
): MaybePromise<Principal | GatewayError> {
  return identifyFrom(0, identities, credential, nowMs);
}

function identifyFrom(
  index: number,
  identities: readonly Identity[],
  credential: string | undefined,
  nowMs: number,
): MaybePromise<Principal | GatewayError> {
  const identity = identities[index];
  if (identity === undefined)
    return new GatewayError("unauthenticated", credential === undefined ? missing : unknown);
  return chain(identity.identify(credential, nowMs), (recognition) => {
    switch (recognition.kind) {
      case "principal":
        return recognition.principal;
      case "rejected":
        return new GatewayError("unauthenticated", recognition.reason);
      case "unrecognised":
        return identifyFrom(index + 1, identities, credential, nowMs);
    }
  });
}
