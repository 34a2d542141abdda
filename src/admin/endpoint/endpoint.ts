import type { MaybePromise } from "../../core/maybe-promise.ts";
import type { AdminSource } from "../admin-source.ts";

/**
 * The callers that an endpoint answers. `anyone`: health probes. `local`: every user of this machine, or a caller with the config's
 * token if it sets one. `operator`: a caller with the token or, if the config sets none, the user that runs the gateway.
 */
export type Audience = "anyone" | "local" | "operator";

/** A request to an endpoint. */
export interface AdminRequest {
  readonly query: URLSearchParams;
  /** The path segment that stands for the endpoint's `{name}`, decoded; empty if its path has none. */
  readonly id: string;
  /** The caller's IP address, for the audit log. */
  readonly from: string;
  /** The JSON body. Throws a GatewayError if it is too large, not JSON, or not declared as JSON. */
  json(): Promise<unknown>;
}

/** The reply to a request. */
export interface AdminReply {
  readonly status: number;
  readonly contentType: string;
  readonly body: string | Uint8Array;
}

/** One row of the admin interface: routing, access, the 404 and 405 texts and docs/admin-api.md all follow from it. */
export interface Endpoint {
  /** `GET` also answers HEAD. */
  readonly method: "GET" | "POST" | "DELETE";
  /** Literal segments; at most one is a placeholder, e.g. `/usage/{id}`. */
  readonly path: string;
  readonly audience: Audience;
  /** One line for the reference. */
  readonly purpose: string;
  /** Query parameters or body members, for the reference. */
  readonly input?: string;
  /** May throw a GatewayError, which becomes `{ "error": … }` with its status. */
  answer(source: AdminSource, request: AdminRequest): MaybePromise<AdminReply>;
}

/** A JSON reply. */
export function jsonReply(body: unknown, status = 200): AdminReply {
  return { status, contentType: "application/json", body: `${JSON.stringify(body)}\n` };
}

/** A plain-text reply; `text` has no trailing newline. */
export function textReply(status: number, text: string): AdminReply {
  return { status, contentType: "text/plain", body: `${text}\n` };
}
