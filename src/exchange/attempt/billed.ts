import type { HoldAmounts, Plan, PlannedTarget } from "../../plan/plan.ts";
import { costOf, type Rate } from "../../price/rate.ts";
import type { Usage } from "../../usage/usage.ts";
import { withHold } from "../admit/planning.ts";
import { type Attempt, billingOf } from "../state/attempt.ts";
import { type Exchange, planned } from "../state/exchange.ts";
import { priceOfAnswer } from "./answer-price.ts";

/** The bill of the failed attempts so far: as their providers stated it, or at most. */
export function billedSoFar(exchange: Exchange): HoldAmounts {
  return sum(exchange.attempts.map((attempt) => billed(exchange, attempt)));
}

/**
 * The plan that claims are made from once attempts have failed: `left` are the targets that may still be asked. Its hold covers the
 * dearest of them and what the failed attempts may be billed. An account of one backend is asked for that backend's part of both, also
 * where none of its targets is left.
 */
export function planBesideFailed(exchange: Exchange, plan: Plan, left: readonly PlannedTarget[]): Plan {
  const costs = new Map<string, bigint>();
  for (const attempt of exchange.attempts) {
    const { backend } = attempt.target.target;
    costs.set(backend, (costs.get(backend) ?? 0n) + billed(exchange, attempt).costNanoUsd);
  }
  const stillAsked = new Set(left.map(({ target }) => target.backend));
  const over = exchange.attempts
    .filter(({ target }) => !stillAsked.has(target.target.backend))
    .map(({ target }) => ({ ...target, costMaxNanoUsd: costs.get(target.target.backend) ?? 0n }));
  const targets = left.map((one) => ({
    ...one,
    costMaxNanoUsd: one.costMaxNanoUsd + (costs.get(one.target.backend) ?? 0n),
  }));
  const { hold } = withHold({ ...plan, targets: left }, billedSoFar(exchange));
  return { ...plan, targets: [...targets, ...over], hold };
}

function billed(exchange: Exchange, attempt: Attempt): HoldAmounts {
  const { target, judged } = attempt;
  switch (billingOf(attempt)) {
    case "nothing":
      return nothing;
    case "input":
      return holdOf(target.rate, { inputTokens: target.inputTokensMax, outputTokens: 0 });
    case "said":
      return judged?.usage === undefined || !isWhole(judged.usage)
        ? mostOf(exchange, target)
        : holdOf(priceOfAnswer(exchange, attempt, judged.model, judged.usage.serviceTier).rate, judged.usage);
    case "hold":
      return mostOf(exchange, target);
  }
}

function holdOf(rate: Rate, usage: Usage): HoldAmounts {
  return {
    costNanoUsd: costOf(rate, usage),
    inputTokens: usage.inputTokens ?? 0,
    outputTokens: usage.outputTokens ?? 0,
  };
}

function mostOf(exchange: Exchange, { costMaxNanoUsd, inputTokensMax }: PlannedTarget): HoldAmounts {
  const { outputCap, choices } = planned(exchange);
  return { costNanoUsd: costMaxNanoUsd, inputTokens: inputTokensMax, outputTokens: outputCap * choices };
}

function isWhole({ inputTokens, outputTokens }: Usage): boolean {
  return inputTokens !== undefined && outputTokens !== undefined;
}

function sum(holds: readonly HoldAmounts[]): HoldAmounts {
  return holds.reduce(
    (all, one) => ({
      costNanoUsd: all.costNanoUsd + one.costNanoUsd,
      inputTokens: all.inputTokens + one.inputTokens,
      outputTokens: all.outputTokens + one.outputTokens,
    }),
    nothing,
  );
}

const nothing: HoldAmounts = { costNanoUsd: 0n, inputTokens: 0, outputTokens: 0 };
