import type { StoredRecord } from "../read.ts";
import { type BilledCall, billedCalls } from "./billed-call.ts";
import type { InvoiceLine } from "./invoice.ts";
import { agree, noTally, plus, type Tally } from "./tally.ts";

/** Something on which the records and the provider differ; a side that has nothing is undefined. */
export interface Difference {
  readonly model: string;
  /** The period, or twice the call's own time. */
  readonly startMs: number;
  readonly endMs: number;
  /** The provider's id, where calls were compared one by one. */
  readonly requestId: string | undefined;
  /** The exchange the call belongs to, where it is known. */
  readonly exchangeId: string | undefined;
  readonly theirs: Tally | undefined;
  readonly ours: Tally | undefined;
}

/** The compared totals and their differences. */
export interface Reconciliation {
  readonly differences: readonly Difference[];
  readonly theirs: Tally;
  readonly ours: Tally;
}

/**
 * Compares a provider's export with the attempts that went to these backends: call by call where both sides have the provider's ids, else
 * by model and period. A provider may count a call near midnight to the next day: such a difference comes back, the other way, there.
 */
export async function reconcile(
  lines: readonly InvoiceLine[],
  records: AsyncIterable<StoredRecord> | Iterable<StoredRecord>,
  backends: ReadonlySet<string>,
): Promise<Reconciliation> {
  const comparison = lines.every((line) => line.requestId !== undefined)
    ? new CallComparison(lines)
    : new PeriodComparison(lines);
  let ours = noTally;
  for await (const record of records)
    for (const call of billedCalls(record, backends)) {
      ours = plus(ours, call.tally);
      comparison.add(call);
    }
  return { differences: comparison.differences(), theirs: lines.reduce<Tally>(plus, noTally), ours };
}

/** When the records to compare with were opened: a provider logs a call only once it has ended. */
export function invoicePeriod(lines: readonly InvoiceLine[]): {
  readonly sinceMs: number;
  readonly untilMs: number;
} {
  const { startMs, endMs } = spanOf(lines);
  return lines.every((line) => line.requestId !== undefined)
    ? { sinceMs: startMs - longestCallMs, untilMs: endMs + 1 }
    : { sinceMs: startMs, untilMs: endMs };
}

const longestCallMs = 3_600_000;

function spanOf(lines: readonly InvoiceLine[]): { readonly startMs: number; readonly endMs: number } {
  return {
    startMs: lines.reduce((least, line) => Math.min(least, line.startMs), Number.POSITIVE_INFINITY),
    endMs: lines.reduce((most, line) => Math.max(most, line.endMs), 0),
  };
}

/** Lines about one call each. Without the provider's ids in the records only their sums by model can be compared. */
class CallComparison {
  readonly #lines: readonly InvoiceLine[];
  readonly #calls = new Map<string, BilledCall>();
  readonly #span: { readonly startMs: number; readonly endMs: number };
  readonly #sums: PeriodComparison;
  #withId = false;

  constructor(lines: readonly InvoiceLine[]) {
    this.#lines = lines;
    this.#span = spanOf(lines);
    const { startMs, endMs } = this.#span;
    this.#sums = new PeriodComparison(lines.map((line) => ({ ...line, startMs, endMs: endMs + 1 })));
  }

  add(call: BilledCall): void {
    this.#withId ||= call.requestId !== undefined;
    this.#calls.set(call.requestId ?? call.exchangeId, call);
    this.#sums.add(call);
  }

  differences(): readonly Difference[] {
    if (!this.#withId) return this.#sums.differences();
    const unmatched = new Map(this.#calls);
    const differences: Difference[] = [];
    for (const line of this.#lines) {
      const call = this.#calls.get(line.requestId ?? "");
      unmatched.delete(line.requestId ?? "");
      if (call !== undefined && agree(line, call.tally)) continue;
      const { model, startMs, endMs, requestId } = line;
      const ours = call?.tally;
      differences.push({
        model,
        startMs,
        endMs,
        requestId,
        exchangeId: call?.exchangeId,
        theirs: line,
        ours,
      });
    }
    for (const { model, atMs, requestId, exchangeId, tally } of unmatched.values()) {
      // Calls before the first line were read for their late entries alone.
      if (atMs < this.#span.startMs) continue;
      const at = { startMs: atMs, endMs: atMs };
      differences.push({ model, ...at, requestId, exchangeId, theirs: undefined, ours: tally });
    }
    return differences;
  }
}

interface Sides {
  readonly model: string;
  readonly startMs: number;
  readonly endMs: number;
  theirs: Tally | undefined;
  ours: Tally | undefined;
}

/** Sums by model and period; calls outside every period are not compared. */
class PeriodComparison {
  readonly #sides = new Map<string, Sides>();
  readonly #periods: readonly { readonly startMs: number; readonly endMs: number }[];

  constructor(lines: readonly InvoiceLine[]) {
    this.#periods = [...new Map(lines.map((line) => [line.startMs, line])).values()];
    for (const line of lines) {
      const sides = this.#at(line.model, line);
      sides.theirs = plus(sides.theirs ?? noTally, line);
    }
  }

  add(call: BilledCall): void {
    const period = this.#periods.find(({ startMs, endMs }) => call.atMs >= startMs && call.atMs < endMs);
    if (period === undefined) return;
    const sides = this.#at(call.model, period);
    sides.ours = plus(sides.ours ?? noTally, call.tally);
  }

  differences(): readonly Difference[] {
    return [...this.#sides.values()]
      .filter(({ theirs, ours }) => theirs === undefined || ours === undefined || !agree(theirs, ours))
      .sort((left, right) => left.startMs - right.startMs || (left.model < right.model ? -1 : 1))
      .map((sides) => ({ ...sides, requestId: undefined, exchangeId: undefined }));
  }

  #at(model: string, { startMs, endMs }: { readonly startMs: number; readonly endMs: number }): Sides {
    const id = `${startMs} ${model}`;
    const known = this.#sides.get(id) ?? { model, startMs, endMs, theirs: undefined, ours: undefined };
    this.#sides.set(id, known);
    return known;
  }
}
