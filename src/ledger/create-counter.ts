import { unreachable } from "../core/errors.ts";
import { BucketCounter } from "./bucket-counter.ts";
import { CalendarCounter } from "./calendar-counter.ts";
import type { AccountColumns, UsageCounter } from "./counter.ts";
import type { Window } from "./ledger.ts";
import type { LedgerTime } from "./ledger-time.ts";
import { OpenCounter } from "./open-counter.ts";
import { RollingCounter } from "./rolling-counter.ts";

/** The counter of a window, over shared columns. */
export function createCounter(window: Window, columns: AccountColumns, time: LedgerTime): UsageCounter {
  switch (window.kind) {
    case "bucket":
      return new BucketCounter(columns, window.lengthMs, time);
    case "calendar":
      return new CalendarCounter(columns, window, time);
    case "rolling":
      return new RollingCounter(columns, window.lengthMs, time);
    case "open":
      return new OpenCounter(columns);
    default:
      return unreachable(window);
  }
}
