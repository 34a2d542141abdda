import type { EjectionReason } from "../../route/health.ts";
import type { FallbackReason } from "../../usage/record.ts";
import type { Attempt } from "./attempt.ts";
import type { Forwarded } from "./exchange.ts";

/** The attempts of an exchange, and the choices that led to them. */
type Asked = Pick<Forwarded, "degradedBy" | "attempts" | "answeredBy"> & {
  readonly admitted: Pick<Forwarded["admitted"], "passedOver">;
};

/** The reason why another target or model answered than the first choice. Undefined if the first choice answered, or none did. */
export function fallbackOf({
  degradedBy,
  admitted: { passedOver },
  attempts,
  answeredBy,
}: Asked): FallbackReason | undefined {
  if (answeredBy === undefined || isRefusal(answeredBy)) return undefined;
  if (degradedBy !== undefined) return "budget";
  if (passedOver !== undefined) return passedOver;
  const [first] = attempts;
  if (first === undefined || first.name === answeredBy.name) return undefined;
  const failure = first.outcome.kind === "failed" ? first.outcome.class : undefined;
  switch (failure) {
    case "timeout":
    case "quality":
      return failure;
    case "rate_limited":
      return "throttle";
    default:
      return "provider";
  }
}

/** The last failure is passed on where no target is left to ask. */
function isRefusal({ outcome }: Attempt): boolean {
  return outcome.kind === "failed" && (outcome.status ?? 0) >= 400;
}

/** The same for a first choice that was not asked because it is ejected. */
export function reasonOfEjection(why: EjectionReason): FallbackReason {
  return why === "throttled" ? "throttle" : "provider";
}
