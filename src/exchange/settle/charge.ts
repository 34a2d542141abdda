import type { Rate } from "../../price/rate.ts";
import { costOf } from "../../price/rate.ts";
import { type Usage, type UsageSource, unknownUsage } from "../../usage/usage.ts";
import { priceOfAnswer, unknownDifference } from "../attempt/answer-price.ts";
import { type Attempt, billingOf, brokeUnanswered } from "../state/attempt.ts";
import { admitted, type Exchange, planned } from "../state/exchange.ts";

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
export function chargeAttempts(exchange: Exchange): readonly Charge[] {
  return exchange.attempts.map((attempt) => {
    const said = attempt.judged?.usage;
    if (said !== undefined) return chargeJudged(exchange, attempt, said);
    if (attempt.outcome.kind === "failed") return chargeFailed(exchange, attempt);
    // Taken by the provider and never answered: the client left, or Envoy did.
    if (attempt.outcome.kind === "open" && !streams(exchange)) return chargeHold(attempt);
    return chargeAnswer(exchange, attempt);
  });
}

function chargeFailed(exchange: Exchange, attempt: Attempt): Charge {
  switch (billingOf(attempt)) {
    case "hold":
    case "said":
      return chargeHold(attempt);
    case "input":
      return chargeCounted(exchange, attempt, {
        usage: { inputTokens: attempt.target.inputTokens, outputTokens: 0 },
        source: "counted",
        answeredBy: undefined,
      });
    case "nothing":
      return free(attempt);
  }
}

function free(attempt: Attempt): Charge {
  return {
    attempt,
    usage: unknownUsage,
    source: undefined,
    costNanoUsd: 0n,
    costDifferenceMaxNanoUsd: brokeUnanswered(attempt) ? attempt.target.costMaxNanoUsd : 0n,
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

/** An answer that nobody got was made all the same, and the provider said what it took. */
function chargeJudged(exchange: Exchange, attempt: Attempt, said: Usage): Charge {
  const usage: Usage = { ...said, inputTokens: said.inputTokens ?? attempt.target.inputTokens };
  const answeredBy = attempt.judged?.model;
  const whole = said.inputTokens !== undefined && said.outputTokens !== undefined;
  if (whole) return chargeSaid(exchange, attempt, usage, answeredBy);
  const { rate, isKnown } = priceOfAnswer(exchange, attempt, answeredBy, usage.serviceTier);
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

function chargeAnswer(exchange: Exchange, attempt: Attempt): Charge {
  const seen = exchange.transform?.seen;
  const said = seen?.usage;
  if (
    said !== undefined &&
    seen?.usagePartial === false &&
    said.inputTokens !== undefined &&
    said.outputTokens !== undefined
  ) {
    return chargeSaid(exchange, attempt, said, seen.model);
  }
  // A whole answer that did not arrive whole, or was too large to be read, was generated all the same.
  const arrived = exchange.responseEnded && seen?.unreadable !== true && seen?.unread !== true;
  if (!arrived && !streams(exchange)) return chargeHold(attempt);
  const usage: Usage = {
    ...said,
    inputTokens: said?.inputTokens ?? attempt.target.inputTokens,
    outputTokens: larger(said?.outputTokens, exchange.outputCounter?.total() ?? 0),
  };
  const source = said === undefined ? "counted" : "partial";
  const counted = chargeCounted(exchange, attempt, { usage, source, answeredBy: seen?.model });
  if (seen?.unread !== true) return counted;
  // Not all text of the stream was read.
  const held = chargeHold(attempt);
  return held.costNanoUsd > counted.costNanoUsd ? held : counted;
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

function streams(exchange: Exchange): boolean {
  return admitted(exchange).facts.stream;
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
export function totalOf(exchange: Exchange, charges: readonly Charge[]): Total {
  let costNanoUsd = 0n;
  let costDifferenceMaxNanoUsd = 0n;
  let inputTokens = 0n;
  let outputTokens = 0n;
  for (const charge of charges) {
    costNanoUsd += charge.costNanoUsd;
    costDifferenceMaxNanoUsd += charge.costDifferenceMaxNanoUsd;
    if (charge.source === undefined) continue;
    inputTokens += BigInt(charge.usage.inputTokens ?? charge.attempt.target.inputTokens);
    outputTokens += BigInt(charge.usage.outputTokens ?? outputMax(exchange));
  }
  return { costNanoUsd, costDifferenceMaxNanoUsd, inputTokens, outputTokens };
}

function outputMax(exchange: Exchange): number {
  const plan = planned(exchange);
  return plan.outputCap * plan.choices;
}
