import { GatewayError } from "../core/errors.ts";
import type { DialectName } from "../dialect/dialect.ts";
import { ceilingOf } from "../ledger/ceiling.ts";
import type { Account, Balance, Claim, Refused } from "../ledger/ledger.ts";
import type { Plan, PlannedTarget } from "../plan/plan.ts";
import { refusal } from "../policy/refusal.ts";
import type { Rejected } from "../route/only.ts";
import { checksOf } from "./admit/checking.ts";
import { claimsOf } from "./admit/claiming.ts";
import { firstStep, type LadderStep, nextStep } from "./admit/ladder.ts";
import { makePlan } from "./admit/planning.ts";
import { routeAndCount } from "./admit/route-and-count.ts";
import { plannedTransport } from "./admit/transports.ts";
import { writeRequest } from "./attempt/forwarding.ts";
import type { Checks } from "./state/checks.ts";
import type { Admitted, Exchange } from "./state/exchange.ts";

/** A claim of an offer, and whether the account has room for it. */
export interface TriedClaim {
  readonly claim: Claim;
  /** Before anything of this offer is taken. */
  readonly balance: Balance;
  readonly fits: boolean;
}

/** The form in which a target would be asked. */
export interface Saying {
  /** Its provider's format. */
  readonly format: DialectName;
  /** True if the request would be translated to it; otherwise its own bytes go. */
  readonly translated: boolean;
  /** Fields that would be reworded or left out, each as the answer's warning names it. */
  readonly changes: readonly string[];
}

/** An offer that would be made to the ledger. */
export interface TriedOffer {
  /** The budget whose ladder led to it, and the share from which it did. Undefined for the request as asked, or for fewer of its fallbacks. */
  readonly degraded: LadderStep["degraded"];
  readonly plan: Plan;
  /** One for each target of the plan, in its order. */
  readonly sayings: readonly Saying[];
  /** The checks of its answer. Undefined if there are none. */
  readonly checks: Checks | undefined;
  readonly claims: readonly TriedClaim[];
  /** Every claim fits, or only observes. */
  readonly fits: boolean;
}

/** The handling of a request. */
export interface Explanation {
  /** Every offer up to the one that would be taken. */
  readonly offers: readonly TriedOffer[];
  /** Targets that would be left out of the plan that was asked for, and why. */
  readonly rejected: readonly Rejected[];
  /** The refusal of the request. Undefined if the last offer would be taken, and its first target asked. */
  readonly refusal: GatewayError | undefined;
}

/** Where accounts stand. */
export type ReadAccounts = (accounts: readonly Account[]) => Promise<readonly Balance[]>;

/** Does everything that admission does, in its order, but hold anything. Throws bugs alone. */
export async function explain(exchange: Exchange, body: Buffer, read: ReadAccounts): Promise<Explanation> {
  const offers: TriedOffer[] = [];
  let rejected: readonly Rejected[] = [];
  try {
    const routed = await routeAndCount(exchange, body);
    if (routed === undefined) throw new GatewayError("shutting_down", "the client has left");
    const { admitted, route } = routed;
    let plan: Plan;
    try {
      plan = makePlan(admitted, route);
    } finally {
      rejected = admitted.rejected;
    }
    await climb(admitted, firstStep(plan), offers, read);
    return { offers, rejected, refusal: undefined };
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error;
    return { offers, rejected, refusal: error };
  }
}

/** Tries the plans of a step, and when the last of them is refused those of the next step. Throws the refusal if there is none. */
async function climb(
  admitted: Admitted,
  step: LadderStep,
  offers: TriedOffer[],
  read: ReadAccounts,
): Promise<void> {
  for (const plan of step.plans) {
    const offer = await tryOffer(admitted, plan, step, read);
    offers.push(offer);
    if (offer.fits) return;
  }
  const refused = refusedBy(offers.at(-1));
  const next = await nextStep(admitted, step, refused);
  if (next === undefined) throw refusal(refused, admitted.exchange.services.clock.nowMs());
  await climb(admitted, next, offers, read);
}

async function tryOffer(
  admitted: Admitted,
  plan: Plan,
  { steps, degraded }: LadderStep,
  read: ReadAccounts,
): Promise<TriedOffer> {
  const claims = claimsOf(admitted, plan, steps);
  const balances = await read(claims.map(({ account }) => account));
  const taken = new Map<string, bigint>();
  const tried = claims.flatMap((claim, at): TriedClaim[] => {
    const balance = balances[at];
    if (balance === undefined) return [];
    const { id } = claim.account;
    const sum = (taken.get(id) ?? 0n) + claim.amount;
    taken.set(id, sum);
    const { account, used, held } = balance;
    return [{ claim, balance, fits: used + held + sum <= ceilingOf(claim, account.limit) }];
  });
  const sayings: Saying[] = [];
  for (const target of plan.targets) sayings.push(await sayingOf(admitted, plan, target));
  return {
    degraded,
    plan,
    sayings,
    checks: await checksOf(admitted, plan),
    claims: tried,
    fits: tried.every(({ fits, claim }) => fits || claim.observe === true),
  };
}

async function sayingOf(admitted: Admitted, plan: Plan, planned: PlannedTarget): Promise<Saying> {
  const transport = plannedTransport(admitted, planned.target);
  const { changes } = await writeRequest(admitted, plan, transport, planned);
  return { format: transport.dialect.name, translated: transport.kind === "translate", changes };
}

function refusedBy(offer: TriedOffer | undefined): Refused {
  const first = offer?.claims.find(({ fits, claim }) => !fits && claim.observe !== true);
  if (first === undefined) throw new Error("an offer that does not fit has a claim that does not");
  const { claim, balance } = first;
  return {
    kind: "refused",
    account: balance.account,
    amount: claim.amount,
    left: balance.left,
    resetsAtMs: balance.resetsAtMs,
    openHoldsOnly: balance.used + claim.amount <= balance.account.limit,
  };
}
