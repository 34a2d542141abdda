import type { Headers } from "../core/headers.ts";
import type { Principal } from "../identity/principal.ts";

/** The part of a request that a contract is read from. */
export interface ContractSource {
  readonly headers: Headers;
  /** Leaves of the body's `contract` and `metadata` by dotted path, e.g. `contract.workflow`, `metadata.workflow`. */
  readonly fields: ReadonlyMap<string, string>;
  readonly principal: Principal;
  /** The client's own x-request-id: the last resort for a trace id. */
  readonly requestId: string | undefined;
}

/** One request's contract: validated, with defaults filled in and the identity's values in place. */
export interface Contract {
  /**
   * A contract field or one of the principal's (`tenant_id`, `user_id`, `team`, `app`) by name. Undefined when unknown or not set. `roles` belong to
   * the principal alone: they are several and not a field.
   */
  field(name: string): string | undefined;
  /** Every contract field that has a value, in the order of the record: the eight, then own fields. */
  readonly values: ReadonlyMap<string, string>;
  /**
   * The user that the client names under a credential without one. A label for records: no rule matches it, no account is keyed by it.
   */
  readonly clientUser: string | undefined;
}

/** Reads contracts as one config defines them. */
export interface ContractReader {
  /** Request headers that carry a contract field, lower case: none of them reaches a provider. */
  readonly headerNames: readonly string[];
  /** Every field a contract can have, and the principal's: what limits may be kept by and rules may match. */
  readonly fieldNames: ReadonlySet<string>;
  /** The reason why a field can never have this value, or undefined if it can. For checking a config. */
  valueProblem(name: string, value: string): string | undefined;
  /** The reason why a credential may not carry this value for an own field, or undefined if it may. For checking a config's keys. */
  identityProblem(name: string, value: string): string | undefined;
  /** Throws `invalid_contract` naming the field and what it may be, `forbidden` for another tenant's or user's name. */
  read(source: ContractSource): Contract;
}
