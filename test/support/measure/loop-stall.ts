import { setImmediate as nextTurn } from "node:timers/promises";
import type { MaybePromise } from "../../../src/core/maybe-promise.ts";
import { heldMs, heldNow } from "./held-clock.ts";

/** What is read at every turn of the loop, and the milliseconds between two readings. */
interface Meter<Reading> {
  readonly now: () => Reading;
  readonly between: (before: Reading, after: Reading) => number;
}

/**
 * The longest, in milliseconds, that the event loop was held for between two of its turns while `work` was under way: by default in CPU time of
 * all threads, for which others' load does not count; `performance.now` is what others wait, and needs a quiet machine.
 */
export function longestStallMs(
  work: () => MaybePromise<unknown>,
  clockMs: () => number = cpuMilliseconds,
): Promise<number> {
  return longest(work, { now: clockMs, between: (before, after) => after - before });
}

/** The same by what the loop's own thread took, whatever else the machine does. */
export function longestHeldMs(work: () => MaybePromise<unknown>): Promise<number> {
  return longest(work, { now: heldNow, between: heldMs });
}

async function longest<Reading>(
  work: () => MaybePromise<unknown>,
  { now, between }: Meter<Reading>,
): Promise<number> {
  let longestMs = 0;
  let running = true;
  let last = now();
  const done = Promise.resolve(work()).finally(() => {
    running = false;
  });
  while (running) {
    await nextTurn();
    const here = now();
    longestMs = Math.max(longestMs, between(last, here));
    last = here;
  }
  await done;
  return longestMs;
}

/** CPU time of this process so far, all its threads together. */
export function cpuMilliseconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
