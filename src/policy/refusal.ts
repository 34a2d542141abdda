import { GatewayError } from "../core/errors.ts";
import { formatUsd } from "../core/money.ts";
import type { Account, Refused } from "../ledger/ledger.ts";

/** Open calls end when they end: a client that waits for them looks again this soon. */
const openHoldsRetryMs = 1_000;

/**
 * A ledger's refusal as the client's error: `rate_limit` with a wait when calls that are still open stand in the way, or a rate that
 * refills; `insufficient_quota` when a budget or quota is used up, or the request asks for more than the whole of it.
 */
export function refusal(refused: Refused, nowMs: number): GatewayError {
  const { account, amount, openHoldsOnly } = refused;
  if (amount > account.limit)
    return new GatewayError("insufficient_quota", `${describe(refused)}, more than the whole of it`);
  if (openHoldsOnly)
    return new GatewayError("rate_limit", `${describe(refused)}; open calls hold the rest`, {
      retryAfterMs: account.window.kind === "bucket" ? waitMs(refused, nowMs) : openHoldsRetryMs,
    });
  if (account.window.kind === "bucket") {
    const retryAfterMs = waitMs(refused, nowMs);
    const wait = `try again in ${Math.ceil(retryAfterMs / 1000)} s`;
    return new GatewayError("rate_limit", `${describe(refused)}; ${wait}`, { retryAfterMs });
  }
  const resets = `it resets at ${new Date(refused.resetsAtMs).toISOString()}`;
  return new GatewayError("insufficient_quota", `${describe(refused)}; ${resets}`);
}

function waitMs({ resetsAtMs }: Refused, nowMs: number): number {
  return Math.max(1, Math.ceil(resetsAtMs - nowMs));
}

function describe({ account, left, amount }: Refused): string {
  const rule = account.unit === "nano_usd" ? "budget" : "limit";
  const key = account.key === "" ? "" : ` (${account.key})`;
  return `${rule} ${account.name}${key} has ${quantity(account, left)} of ${quantity(account, account.limit)} left and the request may need ${quantity(account, amount)}`;
}

function quantity({ unit }: Account, amount: bigint): string {
  switch (unit) {
    case "nano_usd":
      return `$${formatUsd(amount)}`;
    case "slots":
      return `${amount} concurrent`;
    case "requests":
    case "tokens":
      return `${amount} ${unit}`;
    case "input_tokens":
    case "output_tokens":
      return `${amount} ${unit.replace("_", " ")}`;
  }
}
