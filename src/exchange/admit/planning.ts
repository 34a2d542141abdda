import { assert, GatewayError } from "../../core/errors.ts";
import { smallest } from "../../core/extremes.ts";
import type { RequestFacts } from "../../dialect/dialect.ts";
import { known } from "../../dialect/known.ts";
import type { Caps } from "../../plan/caps.ts";
import { modelFactsOf, usualOutputTokensOf } from "../../plan/model-facts.ts";
import {
  formatTarget,
  type HoldAmounts,
  type Mode,
  type Plan,
  type PlannedTarget,
  type Target,
  type Timeouts,
} from "../../plan/plan.ts";
import type { Rate } from "../../price/rate.ts";
import { ceilingOf } from "../../price/rate.ts";
import { withSearchFee } from "../../price/search-fees.ts";
import type { ModelRoute } from "../../route/model-route.ts";
import type { Validation } from "../../validation/validation.ts";
import type { Admitted } from "../state/exchange.ts";
import { contextWindowOf } from "./context-window.ts";
import { inputCountFor } from "./counting.ts";
import { chooseTargets } from "./routing.ts";

/** The full plan of an exchange whose input is counted: every target of a route, priced, with the caps that bind them. Throws what refuses it. */
export function makePlan(admitted: Admitted, route: ModelRoute): Plan {
  const { contract, facts } = admitted;
  const caps = admitted.exchange.snapshot.caps(admitted.attributes);
  const chosen = chooseTargets(admitted, route, (target) => costGuess(admitted, target, caps));
  const single = admitted.exchange.head.headers.get("x-tollgate-no-fallback") === "true";
  const timeouts = route.classTimeouts.get(contract.field("latency_class") ?? "") ?? route.timeouts;
  const validated = holdsAnswers(route, facts);
  const spareAttempts = single ? 0 : spareAttemptsOf(timeouts, validated ? route.validation : undefined);
  const wanted = chosen.slice(0, single ? 1 : route.attempts);
  admitted.retriesWithheld = wanted.length + spareAttempts > 1 && retriesExhausted(admitted);
  const targets = admitted.retriesWithheld ? soundestOf(admitted, wanted) : wanted;
  const outputCap = decideOutputCap(facts.outputCap, caps, targets);
  const planned = targets.map((target) => priceTarget(admitted, target, outputCap, caps.inputTokens));
  return withHold({
    model: route.name,
    entry: route.entry,
    targets: planned,
    spareAttempts: admitted.retriesWithheld ? 0 : spareAttempts,
    outputCap,
    choices: facts.choices,
    mode: modeOf(route, facts.stream, validated),
    validated,
    timeouts: targets.length > 1 ? withAttempt(timeouts) : timeouts,
  });
}

/** A try without a deadline gets half of `total` where another target may follow: a hung one leaves time for the next. */
function withAttempt(timeouts: Timeouts): Timeouts {
  const { attemptMs, totalMs } = timeouts;
  if (attemptMs !== undefined || totalMs === undefined) return timeouts;
  return { ...timeouts, attemptMs: Math.ceil(totalMs / 2) };
}

/** One where a target may be asked again after its `Retry-After`, one where it may for an answer that failed its checks. */
function spareAttemptsOf({ askedWaitMaxMs }: Timeouts, validation: Validation | undefined): number {
  return (askedWaitMaxMs === undefined ? 0 : 1) + (validation?.onFail === "reask" ? 1 : 0);
}

/** True if answers wait until they are checked. Where nothing is generated there is nothing to check. */
function holdsAnswers({ validation }: ModelRoute, { outputCap, stream }: RequestFacts): boolean {
  if (validation === undefined || outputCap === 0) return false;
  return !stream || validation.stream === "hold";
}

/** A stream that waits for its check is judged as a whole answer is. */
function modeOf({ failover }: ModelRoute, stream: boolean, validated: boolean): Mode {
  if (failover === "status") return "plain";
  return stream && !validated ? "guarded" : "validated";
}

function retriesExhausted({ exchange: { services, snapshot } }: Admitted): boolean {
  return services.retryBudget.exhausted(snapshot.retries, services.clock.monotonicMs());
}

/** The one target of a plan that cannot fall back: the first healthy one, not one that is due for a probe. */
function soundestOf(admitted: Admitted, targets: readonly Target[]): readonly Target[] {
  const { clock, health } = admitted.exchange.services;
  const nowMs = clock.monotonicMs();
  const only = targets.find((target) => health.state(target, nowMs).kind === "healthy") ?? targets[0];
  if (only === undefined) return targets;
  const withheld = targets.filter((target) => target !== only);
  if (only !== targets[0]) admitted.passedOver ??= "provider";
  const reason = "the retry budget is used up";
  admitted.rejected = [
    ...admitted.rejected,
    ...withheld.map((target) => ({ target, reason, field: undefined })),
  ];
  return [only];
}

/**
 * The plans to try one after the other: the full one, then without the fallbacks that make it dearest. A plan that costs no less
 * than one before it is left out: it would be refused too.
 */
export function planOffers(plan: Plan): readonly Plan[] {
  const offers = [plan];
  let targets = plan.targets;
  while (targets.length > 1) {
    const [first, ...fallbacks] = targets;
    const dearest = fallbacks.reduce(
      (max, target) => (target.costMaxNanoUsd > max ? target.costMaxNanoUsd : max),
      0n,
    );
    targets = [
      ...(first === undefined ? [] : [first]),
      ...fallbacks.filter((target) => target.costMaxNanoUsd < dearest),
    ];
    const smaller = withHold({ ...plan, targets });
    if (smaller.hold.costNanoUsd < (offers.at(-1)?.hold.costNanoUsd ?? 0n)) offers.push(smaller);
  }
  return offers;
}

/** The dearest of the targets, plus what failed attempts may be billed. */
export function withHold(plan: Omit<Plan, "hold">, billed: HoldAmounts = nothing): Plan {
  let costNanoUsd = 0n;
  let inputTokens = 0;
  for (const target of plan.targets) {
    if (target.costMaxNanoUsd > costNanoUsd) costNanoUsd = target.costMaxNanoUsd;
    if (target.inputTokensMax > inputTokens) inputTokens = target.inputTokensMax;
  }
  return {
    ...plan,
    hold: {
      costNanoUsd: costNanoUsd + billed.costNanoUsd,
      inputTokens: inputTokens + billed.inputTokens,
      outputTokens: plan.outputCap * plan.choices + billed.outputTokens,
    },
  };
}

const nothing: HoldAmounts = { costNanoUsd: 0n, inputTokens: 0, outputTokens: 0 };

/** The amount a target would be held at, for comparing it with others. Undefined if its price is unknown. */
function costGuess(admitted: Admitted, target: Target, caps: Caps): bigint | undefined {
  const rate = priceOf(admitted, target);
  if (rate === undefined) return undefined;
  const { facts } = admitted;
  const inputTokens = inputCountFor(admitted, target)?.tokens ?? 0;
  const outputTokens = decideOutputCap(facts.outputCap, caps, [target]) * facts.choices;
  return ceilingOf(rate, inputTokens, outputTokens, undefined, facts);
}

/** The client's cap, clamped to the policy's and the models' own; without one, the policy's or the default is injected. */
function decideOutputCap(asked: number | undefined, caps: Caps, targets: readonly Target[]): number {
  const ceiling = smallest(targets.map((target) => modelFactsOf(target.model).outputTokensMax));
  const usual = targets.reduce((most, { model }) => Math.max(most, usualOutputTokensOf(model)), 0);
  const wanted = asked ?? caps.outputTokens ?? usual;
  return Math.min(wanted, caps.outputTokens ?? wanted, ceiling);
}

function priceTarget(
  admitted: Admitted,
  target: Target,
  outputCap: number,
  inputTokensAllowed: number | undefined,
): PlannedTarget {
  const count = inputCountFor(admitted, target);
  assert(count !== undefined, "the input is counted before it is priced");
  const { tokens: inputTokens } = count;
  if (inputTokensAllowed !== undefined && inputTokens > inputTokensAllowed) {
    // Counting may have ended there: how many it has is not known.
    throw new GatewayError(
      "input_too_large",
      `the request has more than the ${inputTokensAllowed} input tokens allowed`,
    );
  }
  const rate = rateOf(admitted, target);
  const { choices, calls, searches } = admitted.facts;
  const window = contextWindowOf(admitted, target);
  const inputTokensMax = readTokensMax(count.tokensMax, searches, window);
  return {
    target,
    inputTokens,
    inputTokensMax,
    outputRoomTokens: outputRoomOf(window, inputTokens),
    rate,
    ...known("calls", calls),
    ...known("searches", searches),
    costMaxNanoUsd: ceilingOf(rate, inputTokensMax, outputCap * choices, undefined, admitted.facts),
  };
}

/** After each search the model reads its prompt again, and what was found with it: up to its whole window. */
function readTokensMax(tokensMax: number, searches: number | undefined, window: number | undefined): number {
  if (searches === undefined || window === undefined) return tokensMax;
  return Math.max(tokensMax, window) * (searches + 1);
}

/** Share of the input by which a provider may count more than we do, for the room that is left behind it. */
const roomMargin = 0.02;
const roomMarginTokensMin = 16;

/** A provider refuses a cap that does not fit its model's window behind the input (vLLM: "maximum context length is …"). */
function outputRoomOf(window: number | undefined, inputTokens: number): number | undefined {
  if (window === undefined) return undefined;
  const margin = Math.max(roomMarginTokensMin, Math.ceil(inputTokens * roomMargin));
  return Math.max(1, window - inputTokens - margin);
}

/** The same plan with shorter answers. */
export function clampPlan(plan: Plan, outputCap: number): Plan {
  const targets = plan.targets.map((target) => ({
    ...target,
    costMaxNanoUsd: ceilingOf(
      target.rate,
      target.inputTokensMax,
      outputCap * plan.choices,
      undefined,
      target,
    ),
  }));
  return withHold({ ...plan, targets, outputCap });
}

/** The price of a target on the day the exchange was opened. Throws `unpriced_model`: what has no price does not leave. */
function rateOf(admitted: Admitted, target: Target): Rate {
  const rate = priceOf(admitted, target);
  if (rate === undefined)
    throw new GatewayError("unpriced_model", `no price is known for ${formatTarget(target)}`, {
      param: "model",
    });
  return rate;
}

function priceOf(admitted: Admitted, target: Target): Rate | undefined {
  const provider = providerTypeOf(admitted, target);
  const rate = admitted.exchange.snapshot.prices.rateOf(
    target.backend,
    provider,
    target.model,
    admitted.exchange.openedAtMs,
  );
  return rate === undefined || admitted.facts.searches === undefined ? rate : withSearchFee(rate, provider);
}

function providerTypeOf(admitted: Admitted, target: Target): string {
  return admitted.exchange.snapshot.backends.get(target.backend)?.provider.type ?? "";
}
