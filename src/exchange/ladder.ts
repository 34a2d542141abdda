import { GatewayError } from "../core/errors.ts";
import { chain, type MaybePromise } from "../core/maybe-promise.ts";
import type { Plan } from "../plan/plan.ts";
import type { Rung } from "../policy/ladder.ts";
import { countInput } from "./counting.ts";
import { admitted, type Exchange } from "./exchange.ts";
import { clampPlan, makePlan } from "./planning.ts";
import { stopOf } from "./stopping.ts";

/** The cheaper plans that the `exceeded` of the budget with this name allows, in the order of its rungs; none where there is nothing to try. */
export function ladderPlans(exchange: Exchange, budget: string): MaybePromise<readonly Plan[]> {
  const rungs = exchange.snapshot.policies.find(({ name }) => name === budget)?.exceeded;
  return rungs === undefined ? [] : climb(exchange, rungs, []);
}

function climb(
  exchange: Exchange,
  rungs: readonly Rung[],
  plans: readonly Plan[],
): MaybePromise<readonly Plan[]> {
  const [rung, ...rest] = rungs;
  if (rung === undefined || rung.kind === "reject") return plans;
  return chain(plansOf(exchange, rung), (more) => climb(exchange, rest, [...plans, ...more]));
}

function plansOf(exchange: Exchange, rung: Exclude<Rung, { kind: "reject" }>): MaybePromise<readonly Plan[]> {
  const { contract, facts } = admitted(exchange);
  const route = exchange.snapshot.model(rung.kind === "use" ? rung.model : facts.model);
  if (route === undefined) return [];
  if (exchange.snapshot.access([route.name], exchange.principal, contract) !== undefined) return [];
  if (stopOf(exchange, route.name) !== undefined) return [];
  return chain(countInput(exchange, route.targets), () => {
    const plan = planOrNothing(exchange, route);
    if (plan === undefined) return [];
    return rung.kind === "use" ? [plan] : clamped(plan, rung.atLeast);
  });
}

/** A rung that this request cannot stand on (another dialect, too large an input) is passed over. */
function planOrNothing(exchange: Exchange, route: Parameters<typeof makePlan>[1]): Plan | undefined {
  try {
    return makePlan(exchange, route);
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
