import type { GatewayError } from "../../core/errors.ts";
import type { Ending } from "../../usage/record.ts";
import type { Forwarded } from "../state/exchange.ts";
import type { Interruption } from "../state/interruption.ts";
import { errorReply } from "../state/local-reply.ts";

/**
 * Ends an exchange whose request has left, whatever its answer is at and though nothing comes from upstream, which is closed by it. The
 * client is told why wherever there is a way to. Returns false for an exchange that has not got that far, or is over.
 */
export function interrupt(forwarded: Forwarded, why: GatewayError, ending: Ending): boolean {
  const { deadlines, exchange } = forwarded;
  const { answer, closing, downstream } = exchange;
  const isOver = closing.over || answer.end !== undefined;
  if (deadlines === undefined || isOver || downstream === undefined) return false;
  downstream.interrupt(interruptionOf(forwarded, why, ending));
  return true;
}

function interruptionOf(forwarded: Forwarded, why: GatewayError, ending: Ending): Interruption {
  const { exchange, isUnanswered } = forwarded;
  const { answer } = exchange;
  if (isUnanswered || answer.isHeld) {
    exchange.end(ending, why.code);
    answer.interrupt(why.status);
    return { kind: "reply", reply: errorReply(exchange, why) };
  }
  const bytes = breakOff(forwarded, why, ending);
  return answer.end === "told"
    ? { kind: "last", bytes }
    : { kind: "reply", reply: errorReply(exchange, why) };
}

/** Ends an answer of which something has passed. Returns what tells its client so: nothing where only a cut is honest. */
export function breakOff({ answering, exchange }: Forwarded, why: GatewayError, ending: Ending): Buffer {
  exchange.end(ending, why.code);
  const event = answering?.reader.breakOff(why) ?? noBytes;
  exchange.answer.breakOff(event.length);
  return event;
}

const noBytes = Buffer.alloc(0);
