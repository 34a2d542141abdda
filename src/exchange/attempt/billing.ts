import type { Usage } from "../../usage/usage.ts";
import type { Attempt } from "../state/attempt.ts";

/** What a provider bills for an attempt, as far as it is known. */
export type Bill =
  /** The attempt is under way. */
  | { readonly kind: "open" }
  /** Its answer passes to the client, and is billed by what passes. */
  | { readonly kind: "answer" }
  /** `mayDiffer`: it broke off after its provider may have begun to work. That is seldom billed, and nothing tells when it is. */
  | { readonly kind: "nothing"; readonly mayDiffer: boolean }
  /** A stream broke off before it said anything: its input, by our own count, and perhaps more. */
  | { readonly kind: "input" }
  /** An answer that was not passed on, as its provider stated. `isWhole`: both input and output are stated. */
  | {
      readonly kind: "stated";
      readonly usage: Usage;
      readonly model: string | undefined;
      readonly isWhole: boolean;
    }
  /** Generated without a word of what it took: the dearest it can have been. */
  | { readonly kind: "hold" };

/**
 * Decides what a provider bills for an attempt; hold, charge and record follow this alone. One that ran into its deadline went on working. One that
 * stated its usage was done, and so was a whole answer that broke on its way, since it is complete before any of it is sent.
 */
export function billOf({ outcome, begun, judged }: Attempt): Bill {
  if (judged?.usage !== undefined) {
    const { usage, model } = judged;
    const isWhole = usage.inputTokens !== undefined && usage.outputTokens !== undefined;
    return { kind: "stated", usage, model, isWhole };
  }
  if (outcome.kind === "open") return { kind: "open" };
  if (outcome.kind === "answered") return { kind: "answer" };
  if (judged !== undefined) return judged.made === undefined ? nothing : { kind: judged.made };
  if (begun !== undefined) return { kind: begun === "stream" ? "input" : "hold" };
  if (outcome.class === "timeout" && outcome.status === undefined) return { kind: "hold" };
  return { kind: "nothing", mayDiffer: outcome.brokeOff };
}

const nothing: Bill = { kind: "nothing", mayDiffer: false };
