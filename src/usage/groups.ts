import { fieldTitle } from "./dimension.ts";
import { addSums, noSums, type Sums } from "./sums.ts";

/** The sums of one group; `key` has a value for each field grouped by, null where the records have none. */
export interface ReportRow extends Readonly<Sums> {
  readonly key: readonly (string | null)[];
}

/** Spend and tokens by group, dearest first, and all of them together. */
export interface Report {
  readonly by: readonly string[];
  readonly rows: readonly ReportRow[];
  readonly total: ReportRow;
}

/** Different groups of one report, at most: their sums are kept in memory. */
const groupsMax = 1_000_000;

/** Adds sums up by key. */
export class Groups {
  readonly #sums = new Map<string, ReportRow & Sums>();
  readonly #total = noSums();

  /** Throws a RangeError beyond a million different keys. */
  add(key: readonly (string | null)[], sums: Readonly<Sums>): void {
    const id = JSON.stringify(key);
    let known = this.#sums.get(id);
    if (known === undefined) {
      if (this.#sums.size >= groupsMax) throw new RangeError(`more than ${groupsMax} groups: group by less`);
      known = { key, ...noSums() };
      this.#sums.set(id, known);
    }
    addSums(known, sums);
    addSums(this.#total, sums);
  }

  report(by: readonly string[]): Report {
    return {
      by: by.map(fieldTitle),
      rows: [...this.#sums.values()].sort(dearestFirst),
      total: { key: [], ...this.#total },
    };
  }
}

function dearestFirst(left: ReportRow, right: ReportRow): number {
  if (left.costNanoUsd !== right.costNanoUsd) return left.costNanoUsd > right.costNanoUsd ? -1 : 1;
  if (left.exchanges !== right.exchanges) return right.exchanges - left.exchanges;
  return JSON.stringify(left.key) < JSON.stringify(right.key) ? -1 : 1;
}
