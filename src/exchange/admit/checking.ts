import { chain, type MaybePromise } from "../../core/maybe-promise.ts";
import { largeBytesMin } from "../../core/shared-bytes.ts";
import type { Plan } from "../../plan/plan.ts";
import type { AskedFormat } from "../../validation/rule-kind.ts";
import type { Checks } from "../state/checks.ts";
import type { Admitted, Exchange } from "../state/exchange.ts";
import { spend } from "../state/stages.ts";

/** The checks of a plan's answers; undefined if there are none. Reads the request's response format while the body is still there. */
export function checksOf({ exchange, facts }: Admitted, plan: Plan): MaybePromise<Checks | undefined> {
  const { body, snapshot, services } = exchange;
  const validation = snapshot.model(plan.model)?.validation;
  // Where nothing is generated there is nothing to check.
  if (validation === undefined || facts.outputCap === 0) return undefined;
  const startedMs = services.clock.monotonicMs();
  const { bytes } = body;
  const asked = validation.asksFormat && bytes !== undefined ? formatOf(exchange, bytes) : undefined;
  const ruled = chain(asked, (format) => validation.rulesFor(format, exchange.principal.tenantId));
  return chain(ruled, (bound) => {
    spend(exchange.stages, "validate", startedMs, services.clock);
    return { validation, bound };
  });
}

/** The answer format that a request asks for. */
function formatOf(
  { dialect, principal, services }: Exchange,
  body: Buffer,
): MaybePromise<AskedFormat | undefined> {
  if (body.length < largeBytesMin) return dialect.outputFormat?.(body);
  return services.offload.do(principal.tenantId, { kind: "format", dialect: dialect.name, body });
}
