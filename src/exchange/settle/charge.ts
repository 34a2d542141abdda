import type { Plan } from "../../plan/plan.ts";
import type { Rate } from "../../price/rate.ts";
import { costOf } from "../../price/rate.ts";
import { type Usage, type UsageSource, unknownUsage } from "../../usage/usage.ts";
import { priceOfAnswer, unknownDifference } from "../attempt/answer-price.ts";
import { type Bill, billOf } from "../attempt/billing.ts";
import type { Attempt } from "../state/attempt.ts";
import type { Exchange, Forwarded } from "../state/exchange.ts";

/** The usage and cost of one attempt. */
export interface Charge {
  readonly attempt: Attempt;
  readonly usage: Usage;
  readonly source: UsageSource | undefined;
  readonly costNanoUsd: bigint;
  /** By how much the provider's bill may differ; 0 where the provider itself said. */
  readonly costDifferenceMaxNanoUsd: bigint;
  readonly priceVersion: string | undefined;
}

/** The charge of every attempt of a closed exchange, in order. */
export function chargeAttempts(forwarded: Forwarded): readonly Charge[] {
  return forwarded.attempts.map((attempt) => chargeOf(forwarded, attempt));
}

function chargeOf(forwarded: Forwarded, attempt: Attempt): Charge {
  const { exchange, admitted } = forwarded;
  const bill = billOf(attempt);
  switch (bill.kind) {
    case "stated":
      return chargeStated(exchange, attempt, bill);
    case "input":
      return chargeCounted(exchange, attempt, {
        usage: { inputTokens: attempt.target.inputTokens, outputTokens: 0 },
        source: "counted",
        answeredBy: undefined,
      });
    case "hold":
      return chargeHold(attempt);
    case "nothing":
      return free(attempt, bill.mayDiffer);
    case "open":
      // Taken by the provider and never answered: the client left, or Envoy did.
      return admitted.facts.stream ? chargeAnswer(forwarded, attempt) : chargeHold(attempt);
    case "answer":
      return chargeAnswer(forwarded, attempt);
  }
}

function free(attempt: Attempt, mayDiffer: boolean): Charge {
  return {
    attempt,
    usage: unknownUsage,
    source: undefined,
    costNanoUsd: 0n,
    costDifferenceMaxNanoUsd: mayDiffer ? attempt.target.costMaxNanoUsd : 0n,
    priceVersion: undefined,
  };
}

/** The usage is unknown and the provider bills it all the same: charged at the most it can have been. */
function chargeHold(attempt: Attempt): Charge {
  const { costMaxNanoUsd } = attempt.target;
  return {
    attempt,
    usage: { inputTokens: attempt.target.inputTokens, outputTokens: undefined },
    source: "estimated",
    costNanoUsd: costMaxNanoUsd,
    costDifferenceMaxNanoUsd: costMaxNanoUsd,
    priceVersion: attempt.target.rate.version,
  };
}

/** An answer that was not passed on was made all the same, and the provider said what it took. */
function chargeStated(
  exchange: Exchange,
  attempt: Attempt,
  { usage: stated, model, isWhole }: Extract<Bill, { kind: "stated" }>,
): Charge {
  const usage: Usage = { ...stated, inputTokens: stated.inputTokens ?? attempt.target.inputTokens };
  if (isWhole) return chargeSaid(exchange, attempt, usage, model);
  const { rate, isKnown } = priceOfAnswer(exchange, attempt, model, usage.serviceTier);
  const costNanoUsd = costOf(rate, usage);
  const { costMaxNanoUsd } = attempt.target;
  const more = costMaxNanoUsd > costNanoUsd ? costMaxNanoUsd - costNanoUsd : 0n;
  return priced(attempt, rate, usage, "partial", isKnown ? more : unknownDifference(attempt, rate, usage));
}

/**
 * The usage that the provider stated, at the price of the model and tier that it named. If that price is unknown, the charge says by how much the
 * bill may be higher.
 */
function chargeSaid(
  exchange: Exchange,
  attempt: Attempt,
  usage: Usage,
  answeredBy: string | undefined,
): Charge {
  const { rate, isKnown } = priceOfAnswer(exchange, attempt, answeredBy, usage.serviceTier);
  return priced(attempt, rate, usage, "provider", isKnown ? 0n : unknownDifference(attempt, rate, usage));
}

function chargeAnswer(forwarded: Forwarded, attempt: Attempt): Charge {
  const { admitted, answering, exchange } = forwarded;
  const seen = answering?.reader.seen;
  const counted = answering?.outputCounter.total() ?? 0;
  const said = believable(seen?.usage, counted);
  const isWhole = said?.inputTokens !== undefined && said.outputTokens !== undefined;
  if (said !== undefined && isWhole && seen?.usagePartial === false)
    return chargeSaid(exchange, attempt, said, seen.model);
  // A whole answer that did not arrive whole, or was too large to be read, was generated all the same.
  const { end } = exchange.answer;
  const ended = end === "whole" || end === "replaced";
  const arrived = ended && seen?.unreadable !== true && seen?.unread !== true;
  if (!arrived && !admitted.facts.stream) return chargeHold(attempt);
  const usage: Usage = {
    ...said,
    inputTokens: said?.inputTokens ?? attempt.target.inputTokens,
    outputTokens: larger(said?.outputTokens, counted),
  };
  const saysAny = said?.inputTokens !== undefined || said?.outputTokens !== undefined;
  const source = saysAny || (said !== undefined && said === seen?.usage) ? "partial" : "counted";
  const charged = chargeCounted(exchange, attempt, { usage, source, answeredBy: seen?.model });
  if (seen?.unread !== true) return charged;
  // Not all text of the stream was read.
  const held = chargeHold(attempt);
  return held.costNanoUsd > charged.costNanoUsd ? held : charged;
}

/**
 * What can be true of a usage beside the text that came with it. Servers that do not count say 0, and some say how much it was in their first event only:
 * no text comes of nothing, and none costs nothing.
 */
function believable(said: Usage | undefined, counted: number): Usage | undefined {
  if (said === undefined) return undefined;
  const { inputTokens, outputTokens } = said;
  const generated = counted > 0 || (outputTokens ?? 0) > 0;
  const noOutput = outputTokens === 0 && counted > 0;
  const noInput = inputTokens === 0 && generated;
  if (!noOutput && !noInput) return said;
  return {
    ...said,
    inputTokens: noInput ? undefined : inputTokens,
    outputTokens: noOutput ? undefined : outputTokens,
  };
}

/** Our own count of an answer. */
interface Counted {
  readonly usage: Usage;
  readonly source: UsageSource;
  readonly answeredBy: string | undefined;
}

/** The bill may be anything from nothing, where the provider takes the answer for failed, to the hold. */
function chargeCounted(exchange: Exchange, attempt: Attempt, { usage, source, answeredBy }: Counted): Charge {
  const { rate, isKnown } = priceOfAnswer(exchange, attempt, answeredBy, usage.serviceTier);
  if (!isKnown) return priced(attempt, rate, usage, source, unknownDifference(attempt, rate, usage));
  const { costMaxNanoUsd } = attempt.target;
  const costNanoUsd = costOf(rate, usage);
  const more = costMaxNanoUsd > costNanoUsd ? costMaxNanoUsd - costNanoUsd : 0n;
  return priced(attempt, rate, usage, source, more > costNanoUsd ? more : costNanoUsd);
}

function priced(
  attempt: Attempt,
  rate: Rate,
  usage: Usage,
  source: UsageSource,
  costDifferenceMaxNanoUsd: bigint,
): Charge {
  return {
    attempt,
    usage,
    source,
    costNanoUsd: costOf(rate, usage),
    costDifferenceMaxNanoUsd,
    priceVersion: rate.version,
  };
}

function larger(said: number | undefined, counted: number): number {
  return said === undefined || counted > said ? counted : said;
}

/** Every attempt's tokens and cost together. */
export interface Total {
  readonly costNanoUsd: bigint;
  readonly costDifferenceMaxNanoUsd: bigint;
  readonly inputTokens: bigint;
  readonly outputTokens: bigint;
}

/** Adds up the charges of one exchange. */
export function totalOf(plan: Plan | undefined, charges: readonly Charge[]): Total {
  const outputMax = plan === undefined ? 0 : plan.outputCap * plan.choices;
  let costNanoUsd = 0n;
  let costDifferenceMaxNanoUsd = 0n;
  let inputTokens = 0n;
  let outputTokens = 0n;
  for (const charge of charges) {
    costNanoUsd += charge.costNanoUsd;
    costDifferenceMaxNanoUsd += charge.costDifferenceMaxNanoUsd;
    if (charge.source === undefined) continue;
    inputTokens += BigInt(charge.usage.inputTokens ?? charge.attempt.target.inputTokens);
    outputTokens += BigInt(charge.usage.outputTokens ?? outputMax);
  }
  return { costNanoUsd, costDifferenceMaxNanoUsd, inputTokens, outputTokens };
}
