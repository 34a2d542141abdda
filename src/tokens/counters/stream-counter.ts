import { setImmediate as nextTurn } from "node:timers/promises";
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

/** Longer pieces wait for {@link StreamCounter.catchUp}: counting them at once would hold the event loop. */
const pieceCharsMax = 16_384;

/**
 * Counts a text that comes in pieces, exactly: what came is counted up to its last safe cut, the rest waits. Without a safe cut the wait
 * doubles, so the whole stays linear.
 */
export function streamCounterOf(
  counter: Pick<TokenCounter, "count" | "countSpansPaced">,
  tenant?: string,
): StreamCounter {
  let counted = 0;
  let pending = "";
  /** A long piece and all that came after it. */
  let long = "";
  let threshold = partChars;

  function add(text: string): void {
    pending += text;
    if (pending.length < threshold) return;
    const cut = lastSafeCut(pending) || (Buffer.byteLength(pending) > pendingBytesMax ? pending.length : 0);
    if (cut > 0) {
      counted += counter.count(pending.slice(0, cut), tenant);
      pending = pending.slice(cut);
    }
    threshold = pending.length + Math.min(Math.max(partChars, pending.length), moreCharsMax);
  }

  async function countLong(): Promise<void> {
    while (long !== "") {
      // Whoever read the text has had a turn.
      await nextTurn();
      const text = pending + long;
      const searchedFrom = Math.max(0, text.length - pendingBytesMax);
      const cut = lastSafeCut(text.slice(searchedFrom));
      const end = cut > 0 ? searchedFrom + cut : text.length;
      const bytes = Buffer.from(text.slice(0, end));
      const span = { start: 0, end: bytes.length, escaped: false };
      const tokens = await counter.countSpansPaced(bytes, [span], tenant === undefined ? {} : { tenant });
      // More may have come meanwhile.
      const more = long.slice(text.length - pending.length);
      counted += tokens ?? 0;
      pending = text.slice(end);
      long = more;
    }
    threshold = pending.length + partChars;
  }

  let catchingUp: Promise<void> | undefined;
  return {
    push(text) {
      if (long === "" && text.length <= pieceCharsMax) add(text);
      else long += text;
    },
    catchUp() {
      if (long === "") return undefined;
      catchingUp ??= countLong().finally(() => {
        catchingUp = undefined;
      });
      return catchingUp;
    },
    total: () => {
      const rest = pending + long;
      return counted + (rest === "" ? 0 : counter.count(rest, tenant));
    },
  };
}
