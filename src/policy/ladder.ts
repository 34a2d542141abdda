/** One step of a budget's `exceeded`: what to try when it has no room. */
export type ExceededStep = Degradation | { readonly kind: "reject" };

/** Less than was asked for: another model, or shorter answers. */
export type Degradation =
  | { readonly kind: "use"; readonly model: string }
  | { readonly kind: "clamp"; readonly atLeast: number };

/** One step of a budget's `degrade`: what would take the account past this share of its limit is offered only degraded. */
export interface DegradeStep {
  /** 1 to 99. */
  readonly atPercent: number;
  readonly to: Degradation;
}
