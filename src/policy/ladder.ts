/** One step of a budget's `exceeded`: what to try when it has no room. */
export type Rung =
  | { readonly kind: "use"; readonly model: string }
  | { readonly kind: "clamp"; readonly atLeast: number }
  | { readonly kind: "reject" };
