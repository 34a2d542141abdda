import type { Account, Claim, Window } from "../../src/ledger/ledger.ts";
import { formatWindow } from "../../src/ledger/window.ts";

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
