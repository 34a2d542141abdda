import { setImmediate as nextTurn } from "node:timers/promises";
import type { MaybePromise } from "../../src/core/maybe-promise.ts";

/** The most CPU time, in milliseconds, that the event loop was held for between two of its turns while `work` was under way. Others' load does not count. */
export async function longestStallMs(work: () => MaybePromise<unknown>): Promise<number> {
  let longest = 0;
  let running = true;
  let last = cpuMilliseconds();
  const done = Promise.resolve(work()).finally(() => {
    running = false;
  });
  while (running) {
    await nextTurn();
    const now = cpuMilliseconds();
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
