import { GatewayError } from "../../core/errors.ts";
import type { MaybePromise } from "../../core/maybe-promise.ts";
import { largeBytesMin } from "../../core/shared-bytes.ts";
import { gatewayError } from "../../core/worker-pool.ts";
import type { RequestFacts } from "../../dialect/dialect.ts";
import { formatTarget, type Target } from "../../plan/plan.ts";
import type { Admitted } from "../state/exchange.ts";
import { transportOf } from "./transports.ts";

/** Finds out, in a worker, whether a large body can be translated for those targets whose providers speak another format. */
export function checkLargeBody(admitted: Admitted, targets: readonly Target[]): MaybePromise<void> {
  const { body, dialect, services, principal } = admitted.exchange;
  const { bytes } = body;
  if (bytes === undefined || bytes.length < largeBytesMin) return;
  const foreign = targets.flatMap((target) => {
    const transport = transportOf(admitted, target);
    const isKnown = admitted.largeBodyChecks.has(formatTarget(target));
    return transport?.kind === "translate" && !isKnown ? [{ target, dialect: transport.dialect.name }] : [];
  });
  if (foreign.length === 0) return;
  const checked = services.offload.do(principal.tenantId, {
    kind: "check",
    dialect: dialect.name,
    facts: withoutText(admitted),
    targets: foreign.map((one) => ({ dialect: one.dialect, model: one.target.model })),
    body: bytes,
  });
  const note = (target: Target, refusal: GatewayError | undefined): void => {
    admitted.largeBodyChecks.set(formatTarget(target), { refusal });
  };
  return checked.then(
    ({ asked, refusals }) => {
      body.modelRequest = asked;
      for (const [index, { target }] of foreign.entries()) {
        const refusal = refusals[index];
        note(target, refusal === undefined ? undefined : gatewayError(refusal));
      }
    },
    (error) => {
      if (!(error instanceof GatewayError) || error.code === "capacity") throw error;
      for (const { target } of foreign) note(target, error);
    },
  );
}

/** The facts that workers need: the places of the text were for counting. */
export function withoutText(admitted: Admitted): RequestFacts {
  return { ...admitted.facts, text: [] };
}
