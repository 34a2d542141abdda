import type { FailureClass } from "../provider/provider.ts";
import type { EjectionReason } from "./health.ts";

/** The consequences of a failed attempt of one class, for the request and for its target. */
export interface FailureRule {
  /** What a failure of this class looks like, for the documentation. */
  readonly evidence: string;
  /** The target to ask next. */
  readonly next: "next-target" | "larger-window" | "nobody";
  /** With no other target left, the same one is asked again after its `Retry-After`, where the model allows for the wait. */
  readonly waits: boolean;
  /** The reason to eject its target. Undefined if the failure says nothing about the target. */
  readonly ejects: EjectionReason | undefined;
}

/** Attempts by failure class; docs/routing.md shows this table. */
export const failureRules: Readonly<Record<FailureClass, FailureRule>> = {
  client_error: rule("400, 404, 413, 422 and the like", "nobody", undefined),
  content_policy: rule("a refusal by the provider's own content filter", "nobody", undefined),
  context_length: rule("the provider's error says that the request is too long", "larger-window", undefined),
  auth_or_quota: rule(
    "401, 402, a 403 about the key; an error about quota, billing or a bad key",
    "next-target",
    "refused",
  ),
  model_unavailable: rule("403, 410, a 404 about the model, `model_not_found`", "next-target", "unavailable"),
  rate_limited: { ...rule("429, throttling", "next-target", "throttled"), waits: true },
  overloaded: {
    ...rule("5xx, 409, 424, a reset, an answer that breaks off", "next-target", "errors"),
    waits: true,
  },
  unreachable: {
    ...rule("no connection: DNS, refused, TLS", "next-target", "errors"),
    waits: true,
  },
  timeout: rule("408, 504, a deadline of the gateway", "next-target", "errors"),
  quality: rule("an answer that fails the model's `validate`", "next-target", undefined),
};

function rule(evidence: string, next: FailureRule["next"], ejects: EjectionReason | undefined): FailureRule {
  return { evidence, next, waits: false, ejects };
}
