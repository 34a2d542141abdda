import { formatUsd } from "../../core/money.ts";
import type { Ending, UsageRecord } from "../../usage/record.ts";

/** The endings of the exchanges that were open at one moment. */
export interface EndingsSummary {
  readonly exchanges: number;
  readonly endings: Readonly<Partial<Record<Ending, number>>>;
  /** Exchanges that had no record yet when the wait was over. */
  readonly still_open: number;
  /** The sum of their charges, in USD. */
  readonly charged_usd: string;
}

/** Follows exchanges to their records. */
export class Endings {
  readonly #tallies = new Set<Tally>();

  /** Takes every record there is. */
  add(record: UsageRecord): void {
    for (const tally of this.#tallies) tally.add(record);
  }

  /** How these exchanges end; resolves when each has its record, or after `withinMs`. */
  async follow(exchanges: readonly { readonly id: string }[], withinMs: number): Promise<EndingsSummary> {
    const tally = new Tally(exchanges.map(({ id }) => id));
    this.#tallies.add(tally);
    const summary = await tally.summary(withinMs);
    this.#tallies.delete(tally);
    return summary;
  }
}

class Tally {
  readonly #open: Set<string>;
  readonly #exchanges: number;
  readonly #endings: Partial<Record<Ending, number>> = {};
  #nanoUsd = 0n;
  #done: () => void = () => {};

  constructor(ids: Iterable<string>) {
    this.#open = new Set(ids);
    this.#exchanges = this.#open.size;
  }

  add(record: UsageRecord): void {
    if (!this.#open.delete(record.exchange_id)) return;
    this.#endings[record.ending] = (this.#endings[record.ending] ?? 0) + 1;
    this.#nanoUsd += BigInt(record.cost_nano_usd ?? 0);
    if (this.#open.size === 0) this.#done();
  }

  async summary(withinMs: number): Promise<EndingsSummary> {
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      this.#done = resolve;
      timer = setTimeout(resolve, withinMs);
      if (this.#open.size === 0) resolve();
    });
    clearTimeout(timer);
    return {
      exchanges: this.#exchanges,
      endings: this.#endings,
      still_open: this.#open.size,
      charged_usd: formatUsd(this.#nanoUsd),
    };
  }
}
