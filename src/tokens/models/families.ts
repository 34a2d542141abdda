import type { Calibration } from "../calibration/calibration.ts";
import { type CounterOf, noCorrection, type TokenCounter } from "../counters/counter.ts";
import { EstimatedCounter } from "../counters/estimated-counter.ts";
import { VocabularyCounter } from "../counters/vocabulary-counter.ts";
import type { VocabularyName } from "../engine/vocabulary.ts";
import { type Family, familyRules, providerFamilies, unknownFamily } from "./family-table.ts";
import { nameHasPart } from "./model-name.ts";
import type { RequestFormat } from "./overhead-table.ts";

/** Finds the counter of a model by its name; one object for a family, so it may be called for each request. */
export function counterOf(provider: string, model: string): TokenCounter {
  return counterOfFamily(familyOf(provider, model));
}

/** The same, corrected by what providers have billed. Exact vocabularies stay as they are, whatever was billed. */
export function calibratedCounterOf(calibration: Calibration): CounterOf {
  return (provider, model, target) => {
    const family = familyOf(provider, model);
    if (isExact(family)) return counterOfFamily(family);
    const correction = calibration.correction(target, family.safetyFactor);
    if (correction === noCorrection) return counterOfFamily(family);
    const { name, vocabulary, factor, safetyFactor } = family;
    return new EstimatedCounter(name, vocabularyCounters[vocabulary], factor, safetyFactor, correction);
  };
}

/** The family by the model's name, else by the provider: an Azure deployment may be called anything. */
function familyOf(provider: string, model: string): Family {
  const name = model.toLowerCase();
  for (const [parts, family] of familyRules) {
    for (const part of parts) if (nameHasPart(name, part)) return family;
  }
  return providerFamilies.get(provider) ?? unknownFamily;
}

/** The framing that a model's requests are billed with. */
export function requestFormatOf(provider: string, model: string): RequestFormat {
  return familyOf(provider, model).format;
}

function isExact(family: Family): boolean {
  return family.name === family.vocabulary;
}

const vocabularyCounters: Readonly<Record<VocabularyName, TokenCounter>> = {
  o200k_base: new VocabularyCounter("o200k_base"),
  cl100k_base: new VocabularyCounter("cl100k_base"),
};

const counters = new Map<Family, TokenCounter>();

function counterOfFamily(family: Family): TokenCounter {
  let counter = counters.get(family);
  if (counter !== undefined) return counter;
  counter = vocabularyCounters[family.vocabulary];
  if (!isExact(family))
    counter = new EstimatedCounter(family.name, counter, family.factor, family.safetyFactor);
  counters.set(family, counter);
  return counter;
}
