import type { HoldAmounts, Plan, PlannedTarget } from "../../plan/plan.ts";
import { costOf, type Rate } from "../../price/rate.ts";
import type { Usage } from "../../usage/usage.ts";
import { withHold } from "../admit/planning.ts";
import type { Attempt } from "../state/attempt.ts";
import type { Forwarded } from "../state/exchange.ts";
import { priceOfAnswer } from "./answer-price.ts";
import { billOf } from "./billing.ts";

/** The bill of the failed attempts so far: as their providers stated it, or at most. */
export function billedSoFar(forwarded: Forwarded): HoldAmounts {
  return sum(forwarded.attempts.map((attempt) => billed(forwarded, attempt)));
}

/**
 * The plan that claims are made from once attempts have failed: `left` are the targets that may still be asked. Its hold covers the
 * dearest of them and what the failed attempts may be billed. An account of one backend is asked for that backend's part of both, also
 * where none of its targets is left.
 */
export function planBesideFailed(forwarded: Forwarded, plan: Plan, left: readonly PlannedTarget[]): Plan {
  const costs = new Map<string, bigint>();
  for (const attempt of forwarded.attempts) {
    const { backend } = attempt.target.target;
    costs.set(backend, (costs.get(backend) ?? 0n) + billed(forwarded, attempt).costNanoUsd);
  }
  const stillAsked = new Set(left.map(({ target }) => target.backend));
  const over = forwarded.attempts
    .filter(({ target }) => !stillAsked.has(target.target.backend))
    .map(({ target }) => ({ ...target, costMaxNanoUsd: costs.get(target.target.backend) ?? 0n }));
  const targets = left.map((one) => ({
    ...one,
    costMaxNanoUsd: one.costMaxNanoUsd + (costs.get(one.target.backend) ?? 0n),
  }));
  const { hold } = withHold({ ...plan, targets: left }, billedSoFar(forwarded));
  return { ...plan, targets: [...targets, ...over], hold };
}

function billed(forwarded: Forwarded, attempt: Attempt): HoldAmounts {
  const { target } = attempt;
  const bill = billOf(attempt);
  switch (bill.kind) {
    // The plan's hold covers the attempt under way.
    case "open":
    case "answer":
    case "nothing":
      return nothing;
    case "input":
      return holdOf(target.rate, { inputTokens: target.inputTokensMax, outputTokens: 0 });
    case "stated": {
      if (!bill.isWhole) return mostOf(forwarded, target);
      const { rate } = priceOfAnswer(forwarded.exchange, attempt, bill.model, bill.usage.serviceTier);
      return holdOf(rate, bill.usage);
    }
    case "hold":
      return mostOf(forwarded, target);
  }
}

function holdOf(rate: Rate, usage: Usage): HoldAmounts {
  return {
    costNanoUsd: costOf(rate, usage),
    inputTokens: usage.inputTokens ?? 0,
    outputTokens: usage.outputTokens ?? 0,
  };
}

function mostOf(forwarded: Forwarded, { costMaxNanoUsd, inputTokensMax }: PlannedTarget): HoldAmounts {
  const { outputCap, choices } = forwarded.plan;
  return { costNanoUsd: costMaxNanoUsd, inputTokens: inputTokensMax, outputTokens: outputCap * choices };
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
