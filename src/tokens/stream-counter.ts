import type { Counter, StreamCounter } from "./counter.ts";
import { lastSafeCut } from "./safe-cut.ts";

/** Text is counted in parts of about this size: a count costs little more than its bytes from here on. */
const PART_CHARS = 512;
/** What may wait for a safe cut. Beyond it, text is cut anyway, and the total may be off by two tokens for each such cut. */
const PENDING_MAX_CHARS = 1 << 22;

/**
 * Counts a text that comes in pieces, exactly: what came is counted up to its last safe cut, the rest waits. Without a safe cut the wait
 * doubles, so the whole stays linear.
 */
export function streamCounterOf(counter: Pick<Counter, "count">, tenant?: string): StreamCounter {
  let counted = 0;
  let pending = "";
  let threshold = PART_CHARS;
  return {
    push(text) {
      pending += text;
      if (pending.length < threshold) return;
      const cut = lastSafeCut(pending) || (pending.length > PENDING_MAX_CHARS ? pending.length : 0);
      if (cut > 0) {
        counted += counter.count(pending.slice(0, cut), tenant);
        pending = pending.slice(cut);
      }
      threshold = Math.max(PART_CHARS, pending.length * 2);
    },
    total: () => counted + (pending === "" ? 0 : counter.count(pending, tenant)),
  };
}
