import type { Actual, Claim } from "../../ledger/ledger.ts";
import { formatTarget, type Plan } from "../../plan/plan.ts";
import type { UsageRecord } from "../../usage/record.ts";
import { recordFields } from "../../usage/record-fields.ts";
import { inputCountFor } from "../admit/counting.ts";
import type { Exchange, Forwarded } from "../state/exchange.ts";
import { holdFacts } from "../state/hold-facts.ts";
import type { Registry } from "../state/registry.ts";
import { type Charge, chargeAttempts, type Total, totalOf } from "./charge.ts";
import { recordOfHold, wholeHold } from "./lost-exchanges.ts";
import { recordOf } from "./record-of.ts";

/** The one end of an exchange: price every attempt, make the record, close the hold. Never rejects. */
export async function settle(exchange: Exchange, registry: Registry): Promise<void> {
  const { services, forwarded } = exchange;
  exchange.answering?.path.decoder?.close();
  for (const attempt of forwarded?.attempts ?? []) attempt.settled();
  const { record, actuals } = conclude(exchange);
  try {
    // The record first: a crash between the two leaves a hold whose record says how to close it.
    await services.record(record, ownFieldsOf(exchange));
    await services.ledger.settle(exchange.id, actuals);
  } catch (error) {
    services.observer.bug(error, exchange.id);
  } finally {
    registry.bury(exchange.id);
  }
  services.observer.ended(record);
  const { answering } = exchange;
  if (answering !== undefined)
    services.observer.oddEvents(answering.attempt.target.target.backend, answering.reader.seen.oddEvents);
  if (forwarded === undefined || record.ending !== "completed") return;
  const { entry, hold } = forwarded.plan;
  services.observer.settled(entry, hold.costNanoUsd, BigInt(record.cost_nano_usd ?? 0));
}

/** The cost of an exchange, as record and charges. If a bug prevents computing it, the whole hold is charged. */
function conclude(exchange: Exchange): { readonly record: UsageRecord; readonly actuals: readonly Actual[] } {
  const { forwarded, id, openedAtMs, services } = exchange;
  const plan = forwarded?.plan;
  const claims = forwarded?.claims ?? [];
  try {
    const charges = forwarded === undefined ? [] : chargeAttempts(forwarded);
    const actuals = claims.map((claim) => actualOf(plan, claim, charges));
    if (forwarded !== undefined) learn(forwarded, charges);
    return { record: recordOf(exchange, charges, totalOf(plan, charges), actuals), actuals };
  } catch (error) {
    services.observer.bug(error, id);
    const about = holdFacts(exchange, plan);
    return {
      record: recordOfHold({ id, openedAtMs, claims, about }, "internal"),
      actuals: wholeHold(claims),
    };
  }
}

/** Learns from a provider's bill how its model counts, unless it billed content that it looked up itself. */
function learn({ admitted, exchange }: Forwarded, charges: readonly Charge[]): void {
  if ((admitted.facts.parts.storedReasonings ?? 0) > 0) return;
  for (const { attempt, usage, source } of charges) {
    const { target } = attempt.target;
    const count = inputCountFor(admitted, target);
    if (source !== "provider" || usage.inputTokens === undefined || count === undefined) continue;
    exchange.services.calibration.observe(formatTarget(target), count, usage.inputTokens);
  }
}

/** Contract fields that a config defines beyond the eight; undefined where there are none. */
function ownFieldsOf({ admitted }: Exchange): ReadonlyMap<string, string> | undefined {
  const own = [...(admitted?.contract.values ?? [])].filter(([name]) => !contractFields.has(name));
  return own.length === 0 ? undefined : new Map(own);
}

const contractFields: ReadonlySet<string> = new Set(recordFields);

/** The charge to an account: nothing for an exchange that cannot be billed. An account kept by backend pays for that backend's attempts alone. */
function actualOf(plan: Plan | undefined, { account }: Claim, charges: readonly Charge[]): Actual {
  const own = charges.filter(
    ({ attempt, source }) =>
      source !== undefined &&
      (account.backend ?? attempt.target.target.backend) === attempt.target.target.backend,
  );
  return {
    accountId: account.id,
    amount: own.length === 0 ? 0n : amountOf(account.unit, totalOf(plan, own)),
  };
}

function amountOf(unit: Claim["account"]["unit"], total: Total): bigint {
  switch (unit) {
    case "nano_usd":
      return total.costNanoUsd;
    case "requests":
      return 1n;
    case "tokens":
      return total.inputTokens + total.outputTokens;
    case "input_tokens":
      return total.inputTokens;
    case "output_tokens":
      return total.outputTokens;
    case "slots":
      return 0n;
  }
}
