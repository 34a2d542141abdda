import { headerValue } from "../../core/header-value.ts";
import type { Attempt } from "../state/attempt.ts";
import type { Exchange } from "../state/exchange.ts";
import { replyHeaders } from "../state/local-reply.ts";
import { warningHeader, warningOf } from "./warning.ts";

/** What Tollgate itself tells the client of a provider's answer: who answered, at which attempt, within which cap, and what was reworded. */
export function ownHeaders(exchange: Exchange, attempt: Attempt): [string, string][] {
  const { target } = attempt.target;
  return [
    ...replyHeaders(exchange),
    ["x-tollgate-model", headerValue(target.model)],
    ["x-tollgate-backend", target.backend],
    ["x-tollgate-attempts", String(attempt.number)],
    ["x-tollgate-input-tokens", String(attempt.target.inputTokens)],
    ...outputCapHeader(exchange, attempt),
    ...(attempt.changes.length === 0
      ? []
      : ([[warningHeader, warningOf(attempt.changes)]] satisfies [string, string][])),
  ];
}

/** Tells of a cap that the client did not ask for: one of ours, or its own, lowered. */
function outputCapHeader({ facts, plan }: Exchange, { target }: Attempt): [string, string][] {
  if (facts === undefined || plan === undefined || plan.outputCap === 0) return [];
  const cap = Math.min(plan.outputCap, target.outputRoomTokens ?? plan.outputCap);
  return cap === facts.outputCap ? [] : [["x-tollgate-output-cap", String(cap)]];
}
