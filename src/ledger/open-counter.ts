import type { AccountColumns, UsageCounter } from "./counter.ts";

/** Counts only what is held now: a slot is free again the moment its exchange ends. */
export class OpenCounter implements UsageCounter {
  readonly #columns: AccountColumns;

  constructor(columns: AccountColumns) {
    this.#columns = columns;
  }

  lapse(row: number, nowMs: number): void {
    this.#columns.until.set(row, nowMs);
  }

  mark(): number {
    return 0;
  }

  covers(): boolean {
    return true;
  }

  used(): bigint {
    return 0n;
  }

  taken(row: number): bigint {
    return this.#columns.held.get(row);
  }

  hold(row: number, amount: bigint): void {
    this.#columns.held.add(row, amount);
  }

  release(row: number, _mark: number, held: bigint): void {
    this.#columns.held.add(row, -held);
  }

  lapsesAtMs(row: number): number {
    return this.#columns.until.get(row);
  }

  reset(): void {}
}
