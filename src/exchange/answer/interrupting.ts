import type { GatewayError } from "../../core/errors.ts";
import type { LocalReply } from "../../dialect/dialect.ts";
import type { Ending } from "../../usage/record.ts";
import type { Exchange } from "../state/exchange.ts";
import { errorReply } from "../state/local-reply.ts";

/** The last bytes that a client gets when its answer ends early. */
export type Interruption =
  /** In the place of the answer; where some of it has passed Envoy breaks the connection off instead. */
  | { readonly kind: "reply"; readonly reply: LocalReply }
  /** Behind what has passed, whereupon the answer ends as HTTP has it. */
  | { readonly kind: "last"; readonly bytes: Buffer };

/** Sends messages to Envoy for an exchange. An object and not a closure: V8 kept whole exchanges alive through closures, and a scavenge took three times as long. */
export interface Interruptible {
  /** Says the last word to the client at once. */
  interrupt(word: Interruption): void;
}

/**
 * Ends an exchange whose request has left, whatever its answer is at and though nothing comes from upstream, which is closed by it. The
 * client is told why wherever there is a way to. Returns false for an exchange that has not got that far, or is over.
 */
export function interrupt(exchange: Exchange, why: GatewayError, ending: Ending): boolean {
  const { phase, closing, responseEnded, broken, downstream } = exchange;
  const underWay = phase === "forwarded" || phase === "responding";
  if (!underWay || closing.over || responseEnded || broken !== undefined || downstream === undefined)
    return false;
  downstream.interrupt(interruptionOf(exchange, why, ending));
  return true;
}

function interruptionOf(exchange: Exchange, why: GatewayError, ending: Ending): Interruption {
  if (exchange.phase === "forwarded" || exchange.held) {
    exchange.end(ending, why.code);
    exchange.responseStatus = why.status;
    exchange.responseEnded = true;
    exchange.bytesOut = 0;
    exchange.broken = "told";
    return { kind: "reply", reply: errorReply(exchange, why) };
  }
  const bytes = breakOff(exchange, why, ending);
  return exchange.broken === "told"
    ? { kind: "last", bytes }
    : { kind: "reply", reply: errorReply(exchange, why) };
}

/** Ends an answer of which something has passed; returns what tells its client so, nothing where only a cut is honest. */
export function breakOff(exchange: Exchange, why: GatewayError, ending: Ending): Buffer {
  exchange.end(ending, why.code);
  const event = exchange.transform?.breakOff(why) ?? noBytes;
  exchange.broken = event.length > 0 ? "told" : "cut";
  exchange.bytesOut += event.length;
  return event;
}

const noBytes = Buffer.alloc(0);
