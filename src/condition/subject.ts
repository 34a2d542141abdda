import type { Contract } from "../contract/contract.ts";
import type { Headers } from "../core/headers.ts";
import type { RequestFacts } from "../dialect/dialect.ts";
import type { Principal } from "../identity/principal.ts";

/** The caller and the request: the source of every attribute that a condition can name. */
export interface Subject {
  readonly principal: Principal;
  readonly contract: Pick<Contract, "field">;
  readonly headers: Headers;
  /** Undefined while nothing has been asked yet: when the models that a caller may use are listed. */
  readonly request: RequestSubject | undefined;
}

/** A request whose body has been read. */
export interface RequestSubject {
  readonly facts: RequestFacts;
  readonly dialect: string;
  /** Path and query. */
  readonly path: string;
  /** Input tokens by a counter that belongs to no target; undefined unless a condition of the config compares them. */
  readonly inputTokens: number | undefined;
}
