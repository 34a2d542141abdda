import { Counter, type Registry } from "prom-client";

/** The name of a tally in the exposition, with one to three labels. */
export interface TallyOptions {
  readonly name: string;
  readonly help: string;
  readonly labels: readonly string[];
  readonly registry: Registry;
}

/**
 * A counter on the path of every exchange. It is kept by its labels' values and given to prom-client, which sorts and joins the labels of each count anew, only when it is scraped. Its labels' values must be from closed tables, since no entry is ever removed.
 */
export class Tally {
  readonly #counts = new Map<string, Map<string, Map<string, number>>>();

  constructor({ name, help, labels, registry }: TallyOptions) {
    const fill = (counter: Counter): void => {
      counter.reset();
      for (const [values, count] of this.#list())
        counter.inc(Object.fromEntries(labels.map((label, at) => [label, values[at] ?? ""])), count);
    };
    new Counter({
      name,
      help,
      labelNames: [...labels],
      registers: [registry],
      collect() {
        fill(this);
      },
    });
  }

  /** Counts `amount` under the labels' values, in their order. */
  add(amount: number, first: string, second = "", third = ""): void {
    const counts = madeIn(madeIn(this.#counts, first), second);
    counts.set(third, (counts.get(third) ?? 0) + amount);
  }

  *#list(): Iterable<readonly [values: readonly string[], count: number]> {
    for (const [first, seconds] of this.#counts)
      for (const [second, thirds] of seconds)
        for (const [third, count] of thirds) yield [[first, second, third], count];
  }
}

function madeIn<Value>(maps: Map<string, Map<string, Value>>, key: string): Map<string, Value> {
  const known = maps.get(key);
  if (known !== undefined) return known;
  const made = new Map<string, Value>();
  maps.set(key, made);
  return made;
}
