import type { Account, Actual, Claim } from "../../../src/ledger/ledger.ts";
import { calendarSpan, rollingSlices, sliceLengthMs } from "../../../src/ledger/window.ts";

interface Part {
  readonly account: Account;
  readonly atMs: number;
  amount: bigint;
}

/** The ledger as one would write it to be sure: everything that ever happened, added up anew at each question. Knows no buckets. */
export class LedgerModel {
  readonly #open = new Map<string, Part[]>();
  readonly #settled: Part[] = [];

  ids(): string[] {
    return [...this.#open.keys()];
  }

  used(account: Account, nowMs: number): bigint {
    return sum(this.#settled, account, (part) => counts(part, nowMs));
  }

  held(account: Account, nowMs: number): bigint {
    const isCalendar = account.window.kind === "calendar";
    return sum([...this.#open.values()].flat(), account, (part) => !isCalendar || counts(part, nowMs));
  }

  /** The first offer that fits; undefined: none. */
  reserve(id: string, offers: readonly (readonly Claim[])[], nowMs: number): number | undefined {
    for (const [offer, claims] of offers.entries()) {
      if (!this.#fits(claims, nowMs)) continue;
      this.#open.set(
        id,
        claims.map(({ account, amount }) => ({ account, atMs: nowMs, amount })),
      );
      return offer;
    }
    return undefined;
  }

  adjust(id: string, claims: readonly Claim[], nowMs: number): boolean {
    const wanted = new Map(claims.map(({ account, amount }) => [account.id, amount]));
    const parts = this.#open.get(id) ?? [];
    const more = claims.flatMap(({ account, amount }) => {
      const missing = amount - sum(parts, account, () => true);
      const isNew = parts.every((part) => part.account.id !== account.id);
      return missing > 0n || isNew ? [{ account, amount: missing }] : [];
    });
    if (!this.#fits(more, nowMs)) return false;
    const kept = parts.filter(({ account }) => wanted.has(account.id));
    kept.push(...more.map(({ account, amount }) => ({ account, atMs: nowMs, amount })));
    for (const part of [...kept].reverse()) {
      const surplus = sum(kept, part.account, () => true) - (wanted.get(part.account.id) ?? 0n);
      if (surplus > 0n) part.amount -= surplus < part.amount ? surplus : part.amount;
    }
    this.#open.set(id, kept);
    return true;
  }

  settle(id: string, actuals: readonly Actual[]): void {
    const parts = this.#open.get(id) ?? [];
    this.#open.delete(id);
    for (const { accountId, amount } of actuals) {
      const own = parts.filter(({ account }) => account.id === accountId);
      let rest = amount;
      for (const [at, part] of own.entries()) {
        const charged = at === own.length - 1 || rest < part.amount ? rest : part.amount;
        rest -= charged;
        if (part.account.unit !== "slots") this.#settled.push({ ...part, amount: charged });
      }
    }
  }

  #fits(claims: readonly Claim[], nowMs: number): boolean {
    return claims.every(
      ({ account, amount, ceilingPercent = 100 }) =>
        (this.used(account, nowMs) + this.held(account, nowMs) + amount) * 100n <=
        account.limit * BigInt(ceilingPercent),
    );
  }
}

function sum(parts: readonly Part[], of: Account, which: (part: Part) => boolean): bigint {
  let total = 0n;
  for (const part of parts) if (part.account.id === of.id && which(part)) total += part.amount;
  return total;
}

function counts({ account: { window }, atMs }: Part, nowMs: number): boolean {
  if (window.kind === "calendar") {
    return calendarSpan(window, atMs).startMs === calendarSpan(window, nowMs).startMs;
  }
  if (window.kind !== "rolling") return true;
  const sliceMs = sliceLengthMs(window.lengthMs);
  return Math.floor(atMs / sliceMs) >= Math.floor(nowMs / sliceMs) - rollingSlices;
}
