import type { Calibration } from "./calibration.ts";
import type { Counter, CounterOf } from "./counter.ts";
import { EstimatedCounter } from "./estimated-counter.ts";
import { type Family, familyRules, providerFamilies, unknownFamily } from "./family-table.ts";
import { nameHasPart } from "./model-name.ts";
import type { VocabularyName } from "./vocabulary.ts";
import { VocabularyCounter } from "./vocabulary-counter.ts";

/** Finds the counter of a model by its name; one object for a family, so it may be called for each request. */
export const counterOf: CounterOf = (provider, model) => counterOfFamily(familyOf(provider, model));

/**
 * The same, corrected by what providers have billed. Exact vocabularies stay as they are. The caller reports each bill:
 * `calibration.observe(calibrationKey(provider, model), counted / counter.correction, billed)`.
 */
export function calibratedCounterOf(calibration: Calibration): CounterOf {
  return (provider, model) => {
    const family = familyOf(provider, model);
    if (isExact(family)) return counterOfFamily(family);
    const key = calibrationKey(provider, model);
    const correction = calibration.correction(key);
    if (correction === 1) return counterOfFamily(family);
    const { name, vocabulary, factor } = family;
    const safetyFactor = calibration.safetyFactor(key, family.safetyFactor);
    return new EstimatedCounter(name, vocabularyCounters[vocabulary], factor, safetyFactor, correction);
  };
}

/** The name that {@link Calibration} knows a provider's model by. */
export function calibrationKey(provider: string, model: string): string {
  return `${provider}/${model}`;
}

/** The family by the model's name, else by the provider: an Azure deployment may be called anything. */
function familyOf(provider: string, model: string): Family {
  const name = model.toLowerCase();
  for (const [parts, family] of familyRules) {
    for (const part of parts) if (nameHasPart(name, part)) return family;
  }
  return providerFamilies.get(provider) ?? unknownFamily;
}

function isExact(family: Family): boolean {
  return family.name === family.vocabulary;
}

const vocabularyCounters: Readonly<Record<VocabularyName, Counter>> = {
  o200k_base: new VocabularyCounter("o200k_base"),
  cl100k_base: new VocabularyCounter("cl100k_base"),
};

const counters = new Map<Family, Counter>();

function counterOfFamily(family: Family): Counter {
  let counter = counters.get(family);
  if (counter !== undefined) return counter;
  counter = vocabularyCounters[family.vocabulary];
  if (!isExact(family))
    counter = new EstimatedCounter(family.name, counter, family.factor, family.safetyFactor);
  counters.set(family, counter);
  return counter;
}
