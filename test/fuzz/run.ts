import { VocabularyCounter } from "../../src/tokens/counters/vocabulary-counter.ts";
import { referenceOf, vocabularies } from "../unit/tokens/oracle.ts";
import { type FuzzOptions, fuzzFrames, fuzzHpack } from "./http2.ts";
import { fuzzJson } from "./json.ts";
import { fuzzSplice } from "./splice.ts";
import { fuzzString, randomOf } from "./strings.ts";

// Every fuzzer in turn, each round by another seed: npm run fuzz [-- SECONDS [SEED]]. A failure names the seed that repeats it.
const [seconds = "600", firstSeed = String(Date.now() % 2 ** 31)] = process.argv.slice(2);

const fuzzers: readonly (readonly [name: string, fuzz: (options: FuzzOptions) => unknown, runs: number])[] = [
  ["frames", fuzzFrames, 500],
  ["hpack", fuzzHpack, 5_000],
  ["json", fuzzJson, 20_000],
  ["inspect and splice", fuzzSplice, 10_000],
  ["token counts", fuzzCounts, 2_000],
];

const counters = vocabularies.map((name) => ({
  name,
  counter: new VocabularyCounter(name),
  reference: referenceOf(name),
}));

/** Counts random strings as the reference does. */
function fuzzCounts({ seed, runs }: FuzzOptions): void {
  const random = randomOf(seed);
  for (let run = 0; run < runs; run++) {
    const text = fuzzString(random);
    for (const { name, counter, reference } of counters)
      if (counter.count(text) !== reference(text)) throw new Error(`${name}: ${JSON.stringify(text)}`);
  }
}

const endMs = performance.now() + Number(seconds) * 1_000;
const inputs = new Map<string, number>();
for (let seed = Number(firstSeed); performance.now() < endMs; seed++)
  for (const [name, fuzz, runs] of fuzzers) {
    try {
      fuzz({ seed, runs });
    } catch (error) {
      console.error(`${name} fails with seed ${seed}: npm run fuzz -- 1 ${seed}`);
      throw error;
    }
    inputs.set(name, (inputs.get(name) ?? 0) + runs);
  }
for (const [name, count] of inputs) console.log(`${name}: ${count.toLocaleString("en")} inputs, no failure`);
