import type { VocabularyName } from "./vocabulary.ts";

/** How the tokens of one family of models are counted. */
export interface Family {
  /** Goes into metrics: a vocabulary's name, or the estimator's. */
  readonly name: string;
  readonly vocabulary: VocabularyName;
  /** Tokens for each token of the vocabulary. */
  readonly factor: number;
  /** By how much the true count may exceed the estimate, as a factor; 1 when the vocabulary is the family's own. */
  readonly safetyFactor: number;
}

const o200k: Family = { name: "o200k_base", vocabulary: "o200k_base", factor: 1, safetyFactor: 1 };
const cl100k: Family = { name: "cl100k_base", vocabulary: "cl100k_base", factor: 1, safetyFactor: 1 };

function estimator(name: string, factor: number, safetyFactor: number): Family {
  return { name, vocabulary: "o200k_base", factor, safetyFactor };
}

/** What counts a model that no rule names. */
export const unknownFamily: Family = estimator("unknown", 1.15, 1.5);

/** Rules from a part of a model's name to its family; the first match wins. A part begins the name or follows one of `. / : -` and `_`. */
export const familyRules: readonly (readonly [parts: readonly string[], family: Family])[] = [
  [["gpt-4o", "gpt-4.1", "gpt-4.5", "chatgpt-4o", "gpt-5", "gpt-oss", "o1", "o3", "o4"], o200k],
  [["gpt-realtime", "gpt-audio", "gpt-image", "codex", "computer-use"], o200k],
  [["gpt-4", "gpt-3.5", "gpt-35", "text-embedding", "davinci-002", "babbage-002"], cl100k],
  [["claude"], estimator("claude", 1.2, 1.25)],
  [["gemini", "gemma"], estimator("gemini", 1.08, 1.25)],
  [["llama", "codellama"], estimator("llama", 1.05, 1.3)],
  [
    ["mistral", "mixtral", "ministral", "codestral", "magistral", "devstral", "pixtral"],
    estimator("mistral", 1.1, 1.3),
  ],
  [["qwen", "qwq", "qwen2", "qwen3"], estimator("qwen", 1.05, 1.3)],
  [["deepseek"], estimator("deepseek", 1.05, 1.3)],
  [["nova"], estimator("nova", 1.15, 1.4)],
  [["command", "cohere", "c4ai", "aya"], estimator("cohere", 1.1, 1.4)],
];
