import type { FailureClass } from "../provider/provider.ts";
import type { Resting } from "./health.ts";

/** What a failed attempt of one class means for the request and for its target. */
export interface FailureRule {
  /** Who is asked next. */
  readonly next: "next-target" | "larger-window" | "nobody";
  /** With no other target left, the same one is asked again after its `Retry-After`, where the model allows for the wait. */
  readonly waits: boolean;
  /** Why its target rests; undefined: it says nothing about the target. */
  readonly rests: Resting | undefined;
}

/** Attempts by failure class (reference/providers.md §1.15); docs/routing.md shows this table. */
export const failureRules: Readonly<Record<FailureClass, FailureRule>> = {
  client_error: { next: "nobody", waits: false, rests: undefined },
  content_policy: { next: "nobody", waits: false, rests: undefined },
  context_length: { next: "larger-window", waits: false, rests: undefined },
  auth_or_quota: { next: "next-target", waits: false, rests: "refused" },
  rate_limited: { next: "next-target", waits: true, rests: "throttled" },
  overloaded: { next: "next-target", waits: true, rests: "errors" },
  timeout: { next: "next-target", waits: false, rests: "errors" },
  quality: { next: "next-target", waits: false, rests: undefined },
};
