import type { Attributes } from "../condition/attributes-of.ts";
import type { GatewayError } from "../core/errors.ts";
import type { Closable } from "../core/kind.ts";
import type { Claim } from "../ledger/ledger.ts";
import type { Caps } from "../plan/caps.ts";
import type { RuleAccounts } from "./account-rule.ts";
import type { Admission } from "./admission.ts";
import type { DegradeStep, ExceededStep } from "./ladder.ts";

/** A policy's judgement of a plan: allowed with claims on accounts, or denied. */
export type Judgement =
  | { readonly kind: "allow"; readonly claims: readonly Claim[] }
  | { readonly kind: "deny"; readonly error: GatewayError };

/** The models that a policy restricts, and the callers it allows. */
export interface ModelAccess {
  /** True if the rule names a model, by whatever dated or prefixed name. */
  names(model: string): boolean;
  /** True if the rule names this entry of the config's `models`. */
  namesEntry(entry: string): boolean;
  /** True if the rule allows a caller to use the models that it names. */
  allows(attributes: Attributes): boolean;
}

/** A pure rule, asked at up to three points of admission, in this order. Only admission reserves, only settlement settles. */
export interface Policy extends Closable {
  /** A limit's or budget's own name, which its accounts carry; of other rules their place in the config, e.g. `caps[0]`. */
  readonly name: string;
  /** Asked when the route is known. */
  readonly access?: ModelAccess;
  /** The bounds on the size of a request and its answer, asked before it is planned; undefined if the rule says nothing about the request. The first that says something decides. */
  caps?(attributes: Attributes): Caps | undefined;
  /** Asked of each plan. */
  judge?(admission: Admission): Judgement;
  /** The accounts that it counts on, one rule for each unit and window. */
  readonly rules: readonly RuleAccounts[];
  /** The shares of its accounts from which requests are degraded; ascending. */
  readonly degrade?: readonly DegradeStep[];
  /** A streamed answer that outgrows its hold continues even if there is no room for more. Absent if it is cut. */
  readonly overrun?: "finish";
  /** The steps to try, in this order, when one of its accounts refuses. Absent to refuse at once. */
  readonly exceeded?: readonly ExceededStep[];
}
