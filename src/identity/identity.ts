import type { Headers } from "../core/headers.ts";
import type { Closable } from "../core/kind.ts";
import type { MaybePromise } from "../core/maybe-promise.ts";
import type { Principal } from "./principal.ts";

/** The result of one way of identifying: a caller, a bad credential, or one that it does not know. */
export type Recognition =
  | { readonly kind: "principal"; readonly principal: Principal }
  | { readonly kind: "rejected"; readonly reason: string }
  | { readonly kind: "unrecognised" };

/** One way of telling who calls. The first of the config's list that recognises the credential decides. */
export interface Identity extends Closable {
  readonly type: string;
  /** Recognises every request, with and without a credential: what follows it in the list is never asked. */
  readonly decidesAll: boolean;
  identify(credential: string | undefined, nowMs: number): MaybePromise<Recognition>;
}

/** The credential as SDKs send it: `Authorization: Bearer`, `x-api-key`, `api-key`, `x-goog-api-key`; undefined when there is none. */
export function credentialOf(headers: Headers): string | undefined {
  const authorization = headers.get("authorization");
  const bearer =
    authorization === undefined ? undefined : /^bearer +(\S.*)$/i.exec(authorization)?.[1]?.trim();
  return (
    bearer ??
    headers.get("x-api-key") ??
    headers.get("api-key") ??
    headers.get("x-goog-api-key") ??
    authorization
  );
}

/** The headers that may carry a client's credential; none of them ever reaches a provider. */
export const credentialHeaders: readonly string[] = [
  "authorization",
  "x-api-key",
  "api-key",
  "x-goog-api-key",
  "cookie",
];
