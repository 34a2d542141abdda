import type { MakeTextFilter, TextFilter } from "../../src/dialect/filter/text-filter.ts";

/** Puts stars in the place of some words of an answer: `filterOf: () => maskWords(["falcon"])`. Tool arguments and reasoning stay as they are. */
export function maskWords(words: readonly string[]): MakeTextFilter {
  return ({ channel }) => (channel === "answer" || channel === "refusal" ? maskOf(words) : undefined);
}

function maskOf(words: readonly string[]): TextFilter {
  const holdBackCharsMax = Math.max(...words.map((word) => word.length)) - 1;
  let held = "";
  return {
    holdBackCharsMax,
    push(piece) {
      let text = held + piece;
      for (const word of words) text = text.replaceAll(word, "*".repeat(word.length));
      // Events cut words anywhere: what may be the beginning of one waits for the next piece.
      let begun = Math.min(holdBackCharsMax, text.length);
      while (begun > 0 && !words.some((word) => word.startsWith(text.slice(-begun)))) begun -= 1;
      held = text.slice(text.length - begun);
      return text.slice(0, text.length - begun);
    },
    end: () => held,
  };
}
