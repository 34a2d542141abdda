import type { RowAmount } from "./hold.ts";
import type { Account } from "./ledger.ts";
import { replayInto } from "./replay.ts";
import type { ChangeLog, LedgerState } from "./state.ts";

/**
 * Replays a journal that has gaps. After a gap a row may have become another account's unseen, and a hold may have been changed unseen:
 * uncertain changes are left out, and a hold that was open at a gap stays open, to be settled by its record. No charge ever goes to an account that may not be the one meant.
 */
export class ReplayOverGaps implements ChangeLog {
  readonly #state: LedgerState;
  readonly #replay: ChangeLog;
  /** Exchanges whose holds were read, here or by the checkpoint. */
  readonly known: Set<string>;
  /** Exchanges whose end was read and whose hold was not. */
  readonly endsAlone = new Set<string>();
  /** Holds that were open at a gap. */
  readonly #doubtful = new Set<string>();
  /** Rows whose account was stated after the last gap. Undefined if there was no gap. */
  #certainRows: Set<number> | undefined;
  #lastMs: number | undefined;
  /** Time of the first change. */
  sinceMs: number | undefined;
  /** Changes that were read and left out. */
  leftOut = 0;

  constructor(state: LedgerState) {
    this.#state = state;
    this.#replay = replayInto(state);
    this.known = new Set(state.holds.keys());
  }

  /** When the last change was made, for people. */
  get lastTime(): string {
    return this.#lastMs === undefined ? "the checkpoint" : new Date(this.#lastMs).toISOString();
  }

  /** Something is missing between what was told so far and what comes. */
  gap(): void {
    this.#certainRows = new Set();
    for (const id of this.#state.holds.keys()) this.#doubtful.add(id);
  }

  account(nowMs: number, row: number, account: Account): void {
    this.#at(nowMs);
    // The account that had the row, unless it was forgotten, has open holds on it that nobody can settle.
    for (const [id, hold] of this.#state.holds)
      if (hold.legs.some((leg) => leg.row === row) && this.#state.table.find(account) !== row) this.#drop(id);
    this.#replay.account(nowMs, row, account);
    this.#certainRows?.add(row);
  }

  opened(nowMs: number, id: string, takes: readonly RowAmount[]): void {
    this.#at(nowMs);
    if (!this.#areCertain(takes, nowMs)) {
      this.#leaveOut();
      return;
    }
    this.known.add(id);
    this.#replay.opened(nowMs, id, takes);
  }

  adjusted(nowMs: number, id: string, takes: readonly RowAmount[], wanted: readonly RowAmount[]): void {
    this.#at(nowMs);
    if (!this.#areCertain(takes, nowMs)) this.#doubtful.add(id);
    if (!this.#state.holds.has(id) || this.#doubtful.has(id)) this.#leaveOut();
    else this.#replay.adjusted(nowMs, id, takes, wanted);
  }

  described(nowMs: number, id: string, about: string): void {
    this.#at(nowMs);
    this.#replay.described(nowMs, id, about);
  }

  closed(nowMs: number, id: string, actuals: readonly bigint[]): void {
    this.#at(nowMs);
    if (!this.known.has(id)) this.endsAlone.add(id);
    if (this.#doubtful.has(id)) this.#leaveOut();
    else this.#replay.closed(nowMs, id, actuals);
  }

  reset(nowMs: number, row: number): void {
    this.#at(nowMs);
    if (this.#isCertain(row, nowMs)) this.#replay.reset(nowMs, row);
    else this.#leaveOut();
  }

  granted(nowMs: number, row: number, amount: bigint): void {
    this.#at(nowMs);
    if (this.#isCertain(row, nowMs)) this.#replay.granted(nowMs, row, amount);
    else this.#leaveOut();
  }

  alerted(nowMs: number, row: number, percent: number): void {
    this.#at(nowMs);
    if (this.#isCertain(row, nowMs)) this.#replay.alerted(nowMs, row, percent);
    else this.#leaveOut();
  }

  #at(nowMs: number): void {
    this.sinceMs ??= nowMs;
    this.#lastMs = nowMs;
  }

  #leaveOut(): void {
    this.leftOut += 1;
  }

  /** A row that says something is never given to another account; an idle one may have been. */
  #isCertain(row: number, nowMs: number): boolean {
    const { table } = this.#state;
    if (!table.isUsed(row)) return false;
    return this.#certainRows === undefined || this.#certainRows.has(row) || !table.isIdle(row, nowMs);
  }

  #areCertain(takes: readonly RowAmount[], nowMs: number): boolean {
    return takes.every(({ row }) => this.#isCertain(row, nowMs));
  }

  #drop(id: string): void {
    this.#replay.closed(this.#lastMs ?? 0, id, []);
    this.known.delete(id);
    this.#leaveOut();
  }
}
