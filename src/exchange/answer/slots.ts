import { chain } from "../../core/maybe-promise.ts";
import type { Exchange } from "../state/exchange.ts";

/**
 * Gives back the slots of an exchange whose client is about to get the end of its answer. Settlement waits for Envoy's other streams and
 * its log; a client that asks again at once must not meet its own last request. All other amounts stay held until settlement.
 */
export function freeSlots({ forwarded, id, services }: Exchange): void {
  const claims = forwarded?.claims ?? [];
  const others = claims.filter(({ account }) => account.unit !== "slots");
  if (others.length === claims.length) return;
  try {
    // Freed at once: there is no need to wait until that is written down.
    const freed = chain(services.ledger.adjust(id, others), () => undefined);
    if (freed instanceof Promise) freed.catch(() => undefined);
  } catch {
    // A ledger that cannot write frees them at settlement.
  }
}
