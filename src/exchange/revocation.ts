import { setImmediate, setTimeout } from "node:timers/promises";
import type { Clock } from "../core/clock.ts";
import { GatewayError } from "../core/errors.ts";
import { credentialOf, type Identity } from "../identity/identity.ts";
import { interrupt } from "./answer/interrupting.ts";
import type { Exchange } from "./state/exchange.ts";
import type { Registry } from "./state/registry.ts";

/** Exchanges looked at before others have their turn. */
const checksInRow = 256;
/** Pause before exchanges whose request has not left yet are looked at again. */
const againAfterMs = 500;

/** Services to find and end running exchanges. */
export interface RevocationServices {
  readonly clock: Clock;
  readonly registry: Registry;
}

/**
 * Ends running exchanges whose credential no identity of a new config knows any more; resolves with their number. A credential that is known and
 * has expired since was good when its request came: that exchange goes on.
 */
export async function endRevoked(
  identities: readonly Identity[],
  { clock, registry }: RevocationServices,
): Promise<number> {
  let count = 0;
  let running = [...registry.exchanges()];
  while (running.length > 0) {
    const notSent: Exchange[] = [];
    for (const [at, exchange] of running.entries()) {
      if (at % checksInRow === checksInRow - 1) await setImmediate();
      if (exchange.closing.over || exchange.ending !== undefined) continue;
      if (await isKnown(exchange, identities, clock.nowMs())) continue;
      if (exchange.forwarded === undefined) notSent.push(exchange);
      else if (interrupt(exchange.forwarded, revoked(), "cut_by_policy")) count += 1;
    }
    running = notSent;
    if (running.length > 0) await setTimeout(againAfterMs, undefined, { ref: false });
  }
  return count;
}

async function isKnown({ head }: Exchange, identities: readonly Identity[], nowMs: number): Promise<boolean> {
  const credential = credentialOf(head.headers);
  for (const identity of identities)
    if ((await identity.identify(credential, nowMs)).kind !== "unrecognised") return true;
  return false;
}

function revoked(): GatewayError {
  return new GatewayError("unauthenticated", "the API key was removed while its answer was under way");
}
