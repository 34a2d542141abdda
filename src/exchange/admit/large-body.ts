import { assert, GatewayError } from "../../core/errors.ts";
import { chain, type MaybePromise } from "../../core/maybe-promise.ts";
import { largeBytesMin } from "../../core/shared-bytes.ts";
import { gatewayError } from "../../core/worker-pool.ts";
import type { EncodedRequest, EncodeTarget } from "../../dialect/codec.ts";
import type { RequestFacts } from "../../dialect/dialect.ts";
import type { Written } from "../../dialect/offload/order.ts";
import { formatTarget, type Target } from "../../plan/plan.ts";
import { admitted, type Exchange } from "../state/exchange.ts";
import { type Transport, transportOf } from "./transport.ts";

/** Headers of a translated request. The client's `accept` does not apply to it. */
export const translatedHeaders: readonly (readonly [string, string])[] = [["accept", "*/*"]];

/** Finds out, in a worker, whether a large body can be translated for those targets whose providers interrupt another format. */
export function checkLargeBody(exchange: Exchange, targets: readonly Target[]): MaybePromise<void> {
  const { original, dialect, services, principal } = exchange;
  if (original === undefined || original.length < largeBytesMin) return;
  const foreign = targets.flatMap((target) => {
    const transport = transportOf(exchange, target);
    const isKnown = exchange.largeBodyChecks.has(formatTarget(target));
    return transport?.kind === "translate" && !isKnown ? [{ target, dialect: transport.dialect.name }] : [];
  });
  if (foreign.length === 0) return;
  const checked = services.offload.do(principal.tenantId, {
    kind: "check",
    dialect: dialect.name,
    facts: withoutText(exchange),
    targets: foreign.map((one) => ({ dialect: one.dialect, model: one.target.model })),
    body: original,
  });
  const note = (target: Target, refusal: GatewayError | undefined): void => {
    exchange.largeBodyChecks.set(formatTarget(target), { refusal });
  };
  return checked.then(
    ({ asked, refusals }) => {
      exchange.modelRequest = asked;
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

/** A large body for one target, written by a worker. */
export function writeLargeBody(
  exchange: Exchange,
  original: Buffer,
  transport: Transport,
  target: EncodeTarget,
): MaybePromise<EncodedRequest> {
  const { dialect, services, principal } = exchange;
  const common = { dialect: dialect.name, facts: withoutText(exchange), body: original };
  const written: Promise<Written> =
    transport.kind === "pass"
      ? services.offload.do(principal.tenantId, { kind: "splice", ...common, edits: target })
      : services.offload.do(principal.tenantId, {
          kind: "encode",
          ...common,
          upstream: transport.dialect.name,
          target,
        });
  return chain(written, ({ body, headers, changes }) => {
    assert(body !== undefined || transport.kind === "pass", "a translated body is another");
    return {
      body: body === undefined ? original : Buffer.from(body.buffer, body.byteOffset, body.byteLength),
      headers: transport.kind === "pass" ? headers : [...translatedHeaders, ...headers],
      changes,
    };
  });
}

/** The facts that workers need: the places of the text were for counting. */
function withoutText(exchange: Exchange): RequestFacts {
  return { ...admitted(exchange).facts, text: [] };
}
