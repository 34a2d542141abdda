import { readFileSync } from "node:fs";

/** Readings that another thread's turn on the processor came between are taken again, at most so often. */
const attemptsMax = 20;
/** The kernel accounts for a running thread in steps of a tick. */
const tickMs = 4;

/** A moment, by two clocks of this thread. */
export interface Held {
  /** Stands still while the thread is ready to run and the kernel runs something else. */
  readonly readyMs: number;
  /** Stands still while the thread does not compute: it waits for a processor, or for another thread that collects garbage. Coarse. */
  readonly computedMs: number;
}

/**
 * Reads both clocks. What the first measures is what the thread itself takes, to the microsecond, on a busy machine too. Where the kernel does not
 * tell how long a thread waited and computed (no Linux), both are wall time.
 */
export function heldNow(): Held {
  let before = scheduled();
  for (let attempt = 0; attempt < attemptsMax; attempt += 1) {
    const nowMs = performance.now();
    const after = scheduled();
    if (before === undefined || after === undefined) return { readyMs: nowMs, computedMs: nowMs };
    if (after.waitedMs === before.waitedMs)
      return { readyMs: nowMs - after.waitedMs, computedMs: after.computedMs };
    before = after;
  }
  const nowMs = performance.now();
  return { readyMs: nowMs - (before?.waitedMs ?? 0), computedMs: before?.computedMs ?? nowMs };
}

/** How long the thread was held between two moments. Never less than it computed, but for what the clocks cannot tell. */
export function heldMs(before: Held, after: Held): number {
  return Math.min(after.readyMs - before.readyMs, after.computedMs - before.computedMs + tickMs);
}

/** How long this thread has computed, and waited for a processor, since it began. */
function scheduled(): { readonly computedMs: number; readonly waitedMs: number } | undefined {
  try {
    const [computed, waited] = readFileSync("/proc/thread-self/schedstat", "utf8").split(" ");
    return { computedMs: Number(computed) / 1e6, waitedMs: Number(waited) / 1e6 };
  } catch {
    return undefined;
  }
}
