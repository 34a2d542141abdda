import { assert } from "../../core/errors.ts";
import { chain, type MaybePromise } from "../../core/maybe-promise.ts";
import type { EncodedRequest, EncodeTarget } from "../../dialect/codec.ts";
import type { Written } from "../../dialect/offload/order.ts";
import { withoutText } from "../admit/large-body.ts";
import type { Admitted } from "../state/exchange.ts";
import type { Transport } from "../state/transport.ts";

/** Headers of a translated request. The client's `accept` does not apply to it. */
export const translatedHeaders: readonly (readonly [string, string])[] = [["accept", "*/*"]];

/** A large body for one target, written by a worker. */
export function writeLargeBody(
  admitted: Admitted,
  original: Buffer,
  transport: Transport,
  target: EncodeTarget,
): MaybePromise<EncodedRequest> {
  const { dialect, services, principal } = admitted.exchange;
  const common = { dialect: dialect.name, facts: withoutText(admitted), body: original };
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
