import type { MakeTextFilter, TextFilter } from "../../../src/dialect/filter/text-filter.ts";

/** Replaces a word, and holds back no more than the beginning of one. */
export function wordFilter(word: string, other: string): TextFilter {
  let held = "";
  return {
    holdBackCharsMax: word.length - 1,
    push(text) {
      const all = (held + text).replaceAll(word, other);
      let length = Math.min(word.length - 1, all.length);
      while (length > 0 && !word.startsWith(all.slice(all.length - length))) length -= 1;
      held = all.slice(all.length - length);
      return all.slice(0, all.length - length);
    },
    end: () => held,
  };
}

/** Lets nothing go before the end. */
export const holdAll: MakeTextFilter = () => {
  let held = "";
  return {
    holdBackCharsMax: 65_536,
    push(text) {
      held += text;
      return "";
    },
    end: () => held,
  };
};

/** Changes nothing. */
export const passAll: MakeTextFilter = () => ({ holdBackCharsMax: 0, push: (text) => text, end: () => "" });
