import { GatewayError } from "../../core/errors.ts";
import { chain, type MaybePromise } from "../../core/maybe-promise.ts";
import type { Refused } from "../../ledger/ledger.ts";
import { keepsWork } from "../../plan/model-kind.ts";
import type { Plan, Target } from "../../plan/plan.ts";
import type { Degradation, DegradeStep, ExceededStep } from "../../policy/ladder.ts";
import { accessRefusal } from "../open/access.ts";
import type { Admitted } from "../state/exchange.ts";
import { claimsOf, type StepsTaken } from "./claiming.ts";
import { countInput } from "./counting.ts";
import { checkLargeBody } from "./large-body.ts";
import { clampPlan, makePlan, planOffers } from "./planning.ts";
import { stopOf } from "./stopping.ts";

/** A request's position on the ladders of its budgets, and the plans to try there. */
export interface LadderStep {
  readonly plans: readonly Plan[];
  readonly steps: StepsTaken;
  /** Budgets whose `exceeded` was tried. */
  readonly climbed: readonly string[];
  /** True once a cap of our own was shortened to fit the limits. */
  readonly shortened: boolean;
  /** The last change to the plans. Undefined if they are for the request as asked. */
  readonly degraded: { readonly by: string; readonly atPercent: number } | undefined;
}

/** The first step of every request: the plans it asks for, bound to the share at which `degrade` begins. */
export function firstStep(plan: Plan): LadderStep {
  return { plans: planOffers(plan), steps: new Map(), climbed: [], shortened: false, degraded: undefined };
}

/**
 * The step to take when an account has refused the last plan of the current one: shorter answers where the cap is ours and could never fit, then
 * the next of the budget's `degrade`, then its `exceeded`, once. Undefined when there is nothing more to try.
 */
export function nextStep(
  admitted: Admitted,
  current: LadderStep,
  { account, amount }: Pick<Refused, "account" | "amount">,
): MaybePromise<LadderStep | undefined> {
  if (amount > account.limit && !current.shortened) {
    const plans = shortened(admitted, current);
    if (plans.length > 0) return { ...current, plans, shortened: true };
  }
  const budget = account.name;
  const policy = admitted.exchange.snapshot.policies.find(({ name }) => name === budget);
  const step = policy?.degrade?.[current.steps.get(budget) ?? 0];
  if (step !== undefined) return takeStep(admitted, current, budget, step);
  if (policy?.exceeded === undefined || current.climbed.includes(budget)) return undefined;
  const climbed = [...current.climbed, budget];
  return chain(climb(admitted, current.plans, policy.exceeded, []), (plans) =>
    plans.length === 0 ? undefined : { ...current, plans, climbed, degraded: { by: budget, atPercent: 100 } },
  );
}

/** Shorter than this, an answer is of no use. */
const shortestAnswerTokens = 16;

/**
 * The plans with the longest answers that fit the whole of every account, where neither the client nor a policy asked for a cap: one of ours must
 * not make a call impossible. None where a cap was asked for, or none would do.
 */
function shortened(admitted: Admitted, { plans, steps }: LadderStep): readonly Plan[] {
  const { facts } = admitted;
  const caps = admitted.exchange.snapshot.caps(admitted.attributes);
  const plan = plans.at(-1);
  if (plan === undefined || facts.outputCap !== undefined || caps.outputTokens !== undefined) return [];
  const fits = (cap: number) =>
    claimsOf(admitted, clampPlan(plan, cap), steps).every(
      ({ account, amount, observe }) => observe === true || amount <= account.limit,
    );
  let [low, high] = [shortestAnswerTokens, plan.outputCap];
  if (!fits(low)) return [];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (fits(middle)) low = middle;
    else high = middle;
  }
  return planOffers(clampPlan(plan, low));
}

/** The plans of a step, where it has any that cost less; else those there were. Either way the next step binds them. */
function takeStep(
  admitted: Admitted,
  current: LadderStep,
  budget: string,
  { atPercent, to }: DegradeStep,
): MaybePromise<LadderStep> {
  const steps = new Map(current.steps).set(budget, (current.steps.get(budget) ?? 0) + 1);
  const most = current.plans[0]?.hold.costNanoUsd ?? 0n;
  return chain(degrade(admitted, current.plans, to), (plans) => {
    const cheaper = plans.filter(({ hold }) => hold.costNanoUsd < most);
    return cheaper.length === 0
      ? { ...current, steps }
      : { ...current, steps, plans: cheaper, degraded: { by: budget, atPercent } };
  });
}

function climb(
  admitted: Admitted,
  from: readonly Plan[],
  steps: readonly ExceededStep[],
  plans: readonly Plan[],
): MaybePromise<readonly Plan[]> {
  const [step, ...rest] = steps;
  if (step === undefined || step.kind === "reject") return plans;
  return chain(degrade(admitted, from, step), (more) => climb(admitted, from, rest, [...plans, ...more]));
}

/** A step below these plans. Nothing if the request cannot be answered that way. */
function degrade(admitted: Admitted, plans: readonly Plan[], to: Degradation): MaybePromise<readonly Plan[]> {
  const [first] = plans;
  if (first === undefined) return [];
  return to.kind === "clamp" ? clamped(first, to.atLeast) : using(admitted, to.model, plans);
}

/** The plans of another model, with answers no longer than those of the plans there are. */
function using(admitted: Admitted, model: string, from: readonly Plan[]): MaybePromise<readonly Plan[]> {
  const route = admitted.exchange.snapshot.model(model);
  if (route === undefined) return [];
  const caller = { snapshot: admitted.exchange.snapshot, attributes: admitted.attributes };
  if (accessRefusal(caller, [route.name], route) !== undefined) return [];
  if (stopOf(admitted, route.name) !== undefined) return [];
  if (changesWork(admitted, route.targets, from)) return [];
  const weighed = chain(countInput(admitted, route.targets), () => checkLargeBody(admitted, route.targets));
  return chain(weighed, () => {
    const plan = planOrNothing(admitted, route);
    if (plan === undefined) return [];
    const caps = new Set(from.map(({ outputCap }) => Math.min(outputCap, plan.outputCap)));
    return [...caps].flatMap((cap) => planOffers(cap < plan.outputCap ? clampPlan(plan, cap) : plan));
  });
}

/** True if another kind of model would answer, or one whose vectors cannot be compared with those that the client has. */
function changesWork(admitted: Admitted, targets: readonly Target[], from: readonly Plan[]): boolean {
  const named = from.flatMap((plan) => plan.targets.map(({ target }) => target.model));
  const used = targets.map(({ model }) => model);
  return !keepsWork(admitted.exchange.dialect.work, named, used);
}

/** The plan of a step; undefined, so that the step is skipped, if the model cannot serve the request (another dialect, too large an input). */
function planOrNothing(admitted: Admitted, route: Parameters<typeof makePlan>[1]): Plan | undefined {
  try {
    return makePlan(admitted, route);
  } catch (error) {
    if (error instanceof GatewayError) return undefined;
    throw error;
  }
}

/** Ever shorter answers, each half the one before: the first that fits is within half of the longest that would. */
function clamped(plan: Plan, atLeastTokens: number): readonly Plan[] {
  const plans: Plan[] = [];
  for (let cap = Math.floor(plan.outputCap / 2); cap > atLeastTokens; cap = Math.floor(cap / 2)) {
    plans.push(clampPlan(plan, cap));
  }
  return atLeastTokens < plan.outputCap ? [...plans, clampPlan(plan, atLeastTokens)] : plans;
}
