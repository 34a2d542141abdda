import assert from "node:assert/strict";
import type { Account, Balance, Claim, Ledger, Refused, Taken, Window } from "../../../src/ledger/ledger.ts";
import { formatWindow } from "../../../src/ledger/window.ts";

/** Windows by short names. */
export const windows = {
  minute: { kind: "bucket", lengthMs: 60_000 },
  day: { kind: "calendar", period: "day", timeZone: "UTC" },
  month: { kind: "calendar", period: "month", timeZone: "Europe/Berlin" },
  thirtyDays: { kind: "rolling", lengthMs: 30 * 86_400_000 },
  open: { kind: "open" },
} as const satisfies Record<string, Window>;

/** An account of a rule named after its window, in the unit that suits it. */
export function account(
  window: keyof typeof windows,
  limit: bigint,
  key = "tenant_id=acme",
  alerts?: readonly number[],
): Account {
  const unit = window === "open" ? "slots" : window === "minute" ? "tokens" : "nano_usd";
  const id = `${window}|${key}|${formatWindow(windows[window])}|${unit}`;
  return {
    id,
    name: window,
    key,
    unit,
    window: windows[window],
    limit,
    ...(alerts === undefined ? {} : { alerts }),
  };
}

/** A claim on an account. */
export function claim(on: Account, amount: bigint): Claim {
  return { account: on, amount };
}

/** Where an account stands, in amounts alone. */
export async function numbers(ledger: Ledger, on: Account): Promise<Pick<Balance, "used" | "held" | "left">> {
  const [balance] = await ledger.read([on]);
  assert.ok(balance !== undefined);
  return { used: balance.used, held: balance.held, left: balance.left };
}

/** The answer of a reserve that must have succeeded. */
export function taken(outcome: Taken | Refused): Taken {
  assert.equal(outcome.kind, "taken");
  return outcome as Taken;
}

/** The answer of a reserve that must have been refused. */
export function refusedBy(outcome: Taken | Refused): Refused {
  assert.equal(outcome.kind, "refused");
  return outcome as Refused;
}
