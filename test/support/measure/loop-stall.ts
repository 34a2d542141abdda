import { setImmediate as nextTurn } from "node:timers/promises";
import type { MaybePromise } from "../../../src/core/maybe-promise.ts";

/**
 * The longest, in milliseconds, that the event loop was held for between two of its turns while `work` was under way: by default in CPU time of
 * all threads, for which others' load does not count; `performance.now` is what others wait, and needs a quiet machine.
 */
export async function longestStallMs(
  work: () => MaybePromise<unknown>,
  clockMs: () => number = cpuMilliseconds,
): Promise<number> {
  let longest = 0;
  let running = true;
  let last = clockMs();
  const done = Promise.resolve(work()).finally(() => {
    running = false;
  });
  while (running) {
    await nextTurn();
    const now = clockMs();
    longest = Math.max(longest, now - last);
    last = now;
  }
  await done;
  return longest;
}

/** CPU time of this process so far, all its threads together. */
export function cpuMilliseconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
