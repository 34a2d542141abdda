import { headerValue } from "../../core/header-value.ts";
import type { Attempt } from "../state/attempt.ts";
import type { Forwarded } from "../state/exchange.ts";
import { replyHeaders } from "../state/local-reply.ts";
import { warningHeader, warningOf } from "./warning.ts";

/** The headers that Tollgate adds to a provider's answer: target, attempt number, counted input, output cap and warnings. */
export function ownHeaders(forwarded: Forwarded, attempt: Attempt): [string, string][] {
  const { target } = attempt.target;
  return [
    ...replyHeaders(forwarded.exchange),
    ["x-tollgate-model", headerValue(target.model)],
    ["x-tollgate-backend", target.backend],
    ["x-tollgate-attempts", String(attempt.number)],
    ["x-tollgate-input-tokens", String(attempt.target.inputTokens)],
    ...outputCapHeader(forwarded, attempt),
    ...(attempt.changes.length === 0
      ? []
      : ([[warningHeader, warningOf(attempt.changes)]] satisfies [string, string][])),
  ];
}

/** The output cap, where the client asked for none or for a higher one. */
function outputCapHeader({ admitted, plan }: Forwarded, { target }: Attempt): [string, string][] {
  if (plan.outputCap === 0) return [];
  const cap = Math.min(plan.outputCap, target.outputRoomTokens ?? plan.outputCap);
  return cap === admitted.facts.outputCap ? [] : [["x-tollgate-output-cap", String(cap)]];
}
