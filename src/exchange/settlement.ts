import type { Actual, Claim } from "../ledger/ledger.ts";
import { recordFields } from "../usage/record-fields.ts";
import { type Charge, chargeAttempts, type Total, totalOf } from "./charge.ts";
import type { Exchange } from "./exchange.ts";
import { recordOf } from "./record-of.ts";

/** The one end of an exchange: price every attempt, close the hold, make the record. Never rejects. */
export async function settle(exchange: Exchange): Promise<void> {
  const { services } = exchange;
  exchange.advance("ended");
  let record: ReturnType<typeof recordOf>;
  try {
    const charges = exchange.plan === undefined ? [] : chargeAttempts(exchange);
    const total = totalOf(exchange, charges);
    const actuals = exchange.claims.map((claim) => actualOf(claim, total, charges));
    record = recordOf(exchange, charges, total, actuals);
    // The record first: a crash between the two leaves a hold whose record says how to close it.
    await services.record(record, ownFieldsOf(exchange));
    await services.ledger.settle(exchange.id, actuals);
  } catch (error) {
    services.observer.bug(error, exchange.id);
    return;
  } finally {
    services.registry.bury(exchange.id);
  }
  services.observer.ended(record);
}

/** Contract fields that a config defines beyond the eight; undefined where there are none. */
function ownFieldsOf({ contract }: Exchange): ReadonlyMap<string, string> | undefined {
  const own = [...(contract?.values ?? [])].filter(([name]) => !contractFields.has(name));
  return own.length === 0 ? undefined : new Map(own);
}

const contractFields: ReadonlySet<string> = new Set(recordFields);

/** What an account is charged: nothing for an exchange that nobody can bill. */
function actualOf({ account }: Claim, total: Total, charges: readonly Charge[]): Actual {
  const billed = charges.some((charge) => charge.source !== undefined);
  return { accountId: account.id, amount: billed ? amountOf(account.unit, total) : 0n };
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
