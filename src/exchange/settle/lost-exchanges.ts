import type { Account, Actual, Claim, Ledger } from "../../ledger/ledger.ts";
import type { StoredRecord } from "../../usage/read.ts";
import type { UsageRecord } from "../../usage/record.ts";
import { usdOf } from "../../usage/record.ts";
import { readHoldFacts } from "../state/hold-facts.ts";
import { windowName } from "./record-of.ts";

/** A hold that a crash left open. */
export interface LostExchange {
  readonly id: string;
  readonly openedAtMs: number;
  readonly claims: readonly Claim[];
  /** What {@link holdFacts} has told of the exchange. */
  readonly about?: string | undefined;
}

/** Services for closing lost holds. */
export interface LostServices {
  readonly ledger: Ledger;
  /** The records written since the oldest of the holds was opened. */
  readonly records: AsyncIterable<StoredRecord>;
  readonly record: (record: UsageRecord) => Promise<void>;
}

/**
 * Closes every hold that a crash left open: as its record says, where that was written before the crash came between record and
 * settlement; else charged at what was held, and recorded as `lost`. Returns how many were lost.
 */
export async function closeLost(holds: readonly LostExchange[], services: LostServices): Promise<number> {
  if (holds.length === 0) return 0;
  const open = new Map(holds.map((hold) => [hold.id, hold]));
  for await (const record of services.records) {
    const hold = open.get(String(record.exchange_id));
    if (hold === undefined) continue;
    open.delete(hold.id);
    await services.ledger.settle(hold.id, actualsOf(hold, record));
  }
  for (const hold of open.values()) {
    await services.record(recordOfHold(hold, "lost"));
    await services.ledger.settle(hold.id, wholeHold(hold.claims));
  }
  return open.size;
}

/** The charges to each account of the hold, by the record. */
function actualsOf({ claims }: LostExchange, record: StoredRecord): readonly Actual[] {
  const charges = Array.isArray(record.accounts) ? [...record.accounts] : [];
  return claims.map(({ account }) => {
    const at = charges.findIndex(
      (one) => one.name === account.name && one.key === account.key && one.window === windowName(account),
    );
    // A rule may count requests and tokens: a record has them in the order of the claims.
    const [charge] = at < 0 ? [] : charges.splice(at, 1);
    return { accountId: account.id, amount: BigInt(charge?.charged ?? 0) };
  });
}

/** Every account charged what it held. */
export function wholeHold(claims: readonly Claim[]): readonly Actual[] {
  return claims.map(({ account, amount }) => ({ accountId: account.id, amount }));
}

/** The record of an exchange of which only its hold is known, and what was known when its request left: charged whole. */
export function recordOfHold(hold: LostExchange, ending: "lost" | "internal"): UsageRecord {
  const { id, openedAtMs, claims, about } = hold;
  const { trace_id, tenant_id, workflow, model_provider, model_route, held_nano_usd, ...facts } =
    readHoldFacts(about);
  const held = claims.filter(({ account }) => account.unit === "nano_usd").map(({ amount }) => amount);
  if (held_nano_usd !== undefined && held.length === 0) held.push(BigInt(held_nano_usd));
  const heldNanoUsd =
    held.length === 0 ? undefined : held.reduce((most, amount) => (amount > most ? amount : most));
  return {
    trace_id: trace_id ?? null,
    tenant_id: tenant_id ?? keyValue(claims, "tenant_id"),
    workflow: workflow ?? keyValue(claims, "workflow"),
    model_provider: model_provider ?? null,
    model_route: model_route ?? null,
    prompt_version: null,
    input_tokens: null,
    output_tokens: null,
    retrieval_latency_ms: null,
    inference_latency_ms: null,
    fallback_used: null,
    validation_result: null,
    estimated_cost_usd: heldNanoUsd === undefined ? null : usdOf(heldNanoUsd),
    exchange_id: id,
    time: new Date(openedAtMs).toISOString(),
    ending,
    ...facts,
    usage_source: "estimated",
    cost_nano_usd: heldNanoUsd?.toString(),
    cost_max_nano_usd: heldNanoUsd?.toString(),
    held_nano_usd: held_nano_usd ?? heldNanoUsd?.toString(),
    accounts: claims.map(({ account, amount }) => ({
      name: account.name,
      key: account.key,
      window: windowName(account),
      charged: amount.toString(),
    })),
  };
}

/** Where an earlier version kept nothing more of who it was: the values its accounts are kept by. */
function keyValue(claims: readonly Claim[], name: string): string | null {
  for (const { account } of claims) {
    const value = valueIn(account, name);
    if (value !== undefined) return value;
  }
  return null;
}

function valueIn({ key }: Account, name: string): string | undefined {
  const part = key.split(",").find((one) => one.startsWith(`${name}=`));
  return part === undefined ? undefined : decodeURIComponent(part.slice(name.length + 1));
}
