import type { Counter, CounterOf } from "./counter.ts";
import { EstimatedCounter } from "./estimated-counter.ts";
import { type Family, familyRules, unknownFamily } from "./family-table.ts";
import type { VocabularyName } from "./vocabulary.ts";
import { VocabularyCounter } from "./vocabulary-counter.ts";

/** Finds the counter of a model by its name; one object for a family, so it may be called for each request. */
export const counterOf: CounterOf = (_provider, model) => counterOfFamily(familyOf(model));

/** The family of a model's name, whatever stands before it (`us.anthropic.`, `ft:`, `publishers/google/models/`). */
function familyOf(model: string): Family {
  const name = model.toLowerCase();
  for (const [parts, family] of familyRules) {
    for (const part of parts) if (hasPart(name, part)) return family;
  }
  return unknownFamily;
}

/** Whether `part` begins the name or follows a separator in it. */
function hasPart(name: string, part: string): boolean {
  for (let at = name.indexOf(part); at >= 0; at = name.indexOf(part, at + 1)) {
    if (at === 0 || "./:-_".includes(name.charAt(at - 1))) return true;
  }
  return false;
}

const vocabularyCounters: Readonly<Record<VocabularyName, Counter>> = {
  o200k_base: new VocabularyCounter("o200k_base"),
  cl100k_base: new VocabularyCounter("cl100k_base"),
};

const familyCounters = new Map<Family, Counter>();

function counterOfFamily(family: Family): Counter {
  let counter = familyCounters.get(family);
  if (counter !== undefined) return counter;
  counter = vocabularyCounters[family.vocabulary];
  if (family.name !== family.vocabulary) counter = new EstimatedCounter(family, counter);
  familyCounters.set(family, counter);
  return counter;
}
