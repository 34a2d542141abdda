import { readFileSync } from "node:fs";

/** Readings that another thread's turn on the processor came between are taken again, at most so often. */
const attemptsMax = 20;

/**
 * A clock that stands still while this thread is ready to run and the kernel runs something else: what it measures is what the thread itself
 * takes, to the microsecond, on a busy machine too. CPU clocks of a thread are no substitute: the kernel accounts for it in steps of a tick,
 * 4 ms. Where the kernel does not tell how long a thread waited (no Linux), this is wall time.
 */
export function heldClockMs(): number {
  let waitedMs = runQueueWaitMs();
  for (let attempt = 0; attempt < attemptsMax; attempt += 1) {
    const nowMs = performance.now();
    const againMs = runQueueWaitMs();
    if (againMs === waitedMs) return nowMs - waitedMs;
    waitedMs = againMs;
  }
  return performance.now() - waitedMs;
}

/** How long this thread has waited for a processor since it began. */
function runQueueWaitMs(): number {
  try {
    const [, waited = "0"] = readFileSync("/proc/thread-self/schedstat", "utf8").split(" ");
    return Number(waited) / 1e6;
  } catch {
    return 0;
  }
}
