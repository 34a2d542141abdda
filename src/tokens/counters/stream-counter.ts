import { lastSafeCut } from "../pieces/safe-cut.ts";
import type { StreamCounter, TokenCounter } from "./counter.ts";

/** Text is counted in parts of about this size: a count costs little more than its bytes from here on. */
const partChars = 512;
/**
 * Most bytes of UTF-8 that wait for a safe cut: some milliseconds' work, and more than any language writes without a space or stop. Beyond
 * it, text is cut anyway, and the total may be off by two tokens for each such cut.
 */
const pendingBytesMax = 24_576;
/** However long the wait has become, the bytes are looked at again after so many characters more. */
const moreCharsMax = 4_096;

/**
 * Counts a text that comes in pieces, exactly: what came is counted up to its last safe cut, the rest waits. Without a safe cut the wait
 * doubles, so the whole stays linear.
 */
export function streamCounterOf(counter: Pick<TokenCounter, "count">, tenant?: string): StreamCounter {
  let counted = 0;
  let pending = "";
  let threshold = partChars;
  return {
    push(text) {
      pending += text;
      if (pending.length < threshold) return;
      const cut = lastSafeCut(pending) || (Buffer.byteLength(pending) > pendingBytesMax ? pending.length : 0);
      if (cut > 0) {
        counted += counter.count(pending.slice(0, cut), tenant);
        pending = pending.slice(cut);
      }
      threshold = pending.length + Math.min(Math.max(partChars, pending.length), moreCharsMax);
    },
    total: () => counted + (pending === "" ? 0 : counter.count(pending, tenant)),
  };
}
