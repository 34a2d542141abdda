import { assert } from "../core/errors.ts";
import type { Leg } from "./hold.ts";
import type { ChangeLog, LedgerState } from "./state.ts";

/** Applies a journal's changes to a state that has none of them. Repeated changes of an id count once. */
export function replayInto(state: LedgerState): ChangeLog {
  const { table, holds } = state;
  const take = (legs: Leg[], nowMs: number, row: number, amount: bigint) => {
    table.counter(row).lapse(row, nowMs);
    state.take(legs, row, "", amount);
  };
  return {
    account(nowMs, row, account) {
      const isKnown = table.holds(row, account);
      if (isKnown) table.counter(row).lapse(row, nowMs);
      table.restore(row, account);
      table.counter(row).lapse(row, nowMs);
      if (!isKnown) state.takeOver(nowMs, row);
    },
    opened(nowMs, id, takes) {
      if (holds.has(id)) return;
      const legs: Leg[] = [];
      for (const { row, amount } of takes) take(legs, nowMs, row, amount);
      const taken = { kind: "taken", offer: 0, observed: [] } as const;
      state.open(nowMs, id, { openedAtMs: nowMs, taken, legs });
    },
    adjusted(nowMs, id, takes, wanted) {
      const hold = holds.get(id);
      assert(hold !== undefined, "a journal adjusts what it has opened");
      for (const { row, amount } of takes) take(hold.legs, nowMs, row, amount);
      state.adjust(nowMs, id, takes, wanted);
    },
    described(nowMs, id, about) {
      if (holds.has(id)) state.describe(nowMs, id, about);
    },
    closed(nowMs, id, actuals) {
      const hold = holds.get(id);
      if (hold === undefined) return;
      state.close(nowMs, id, actuals);
      for (const { row } of hold.legs) state.takeThresholds(row);
    },
    reset: (nowMs, row) => state.reset(nowMs, row),
    granted: (nowMs, row, amount) => state.grant(nowMs, row, amount),
    alerted: (nowMs, row, percent) => state.alert(nowMs, row, percent),
  };
}
