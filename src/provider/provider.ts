import type { Headers } from "../core/headers.ts";
import type { Closable } from "../core/kind.ts";
import type { MaybePromise } from "../core/maybe-promise.ts";
import type { Dialect, Operation } from "../dialect/dialect.ts";
import type { RefusedMembers } from "../dialect/refused-members.ts";

/** The class of a failed attempt, which decides what happens next. */
export type FailureClass =
  | "client_error"
  | "context_length"
  | "content_policy"
  | "auth_or_quota"
  /** This model is not there, no longer, or not for our account; others of its backend may be. */
  | "model_unavailable"
  | "rate_limited"
  | "overloaded"
  /** No connection: its name does not resolve, it is refused, or TLS fails. */
  | "unreachable"
  | "timeout"
  /** It answered, and the answer failed a check of ours; no provider says so. */
  | "quality";

/** A request as it goes to the provider; `authorize` may add to `headers`. */
export interface OutgoingRequest {
  readonly method: string;
  /** Path and query. */
  readonly path: string;
  readonly host: string;
  readonly headers: [name: string, value: string][];
  readonly body: Buffer;
  readonly nowMs: number;
}

/** A vendor's API with the credentials of one backend. */
export interface Provider extends Closable {
  /** The provider type: `openai`, `openai-compatible`, … */
  readonly type: string;
  /** Where the API is: origin and base path. */
  readonly endpoint: URL;
  /** The dialect spoken for an operation with one of its models; undefined when this provider cannot do it. */
  dialect(operation: Operation, model: string): Dialect | undefined;
  /** The path under the endpoint, and headers the API wants besides credentials. */
  prepare(
    operation: Operation,
    model: string,
  ): { readonly path: string; readonly headers: readonly (readonly [string, string])[] };
  /** The server's own body members (see `serverMembers`) that would change what is billed. Undefined if any of them may. */
  readonly heeds?: RefusedMembers;
  /** Adds the proof of who we are. */
  authorize(outgoing: OutgoingRequest): MaybePromise<void>;
  /** The body field that caps output tokens, e.g. `max_completion_tokens`. */
  outputCapField(operation: Operation): string;
  classify(status: number, headers: Headers, body: Buffer): FailureClass;
  /** The wait that a refusal's body asks for, in milliseconds, for APIs that state it there and not in a header. */
  askedWaitMs?(body: Buffer): number | undefined;
}
