import type { VocabularyName } from "../engine/vocabulary.ts";
import { earlyClaudes } from "./early-claudes.ts";
import type { RequestFormat } from "./overhead-table.ts";

/** The way to count the tokens of one family of models. */
export interface Family {
  /** Goes into metrics: a vocabulary's name, or the estimator's. */
  readonly name: string;
  /** The public vocabulary that the family's is closest to; its own when `factor` and `safetyFactor` are 1. */
  readonly vocabulary: VocabularyName;
  /** Tokens for each token of the vocabulary. */
  readonly factor: number;
  /** By how much the true count may exceed the estimate, as a factor: the stated error. */
  readonly safetyFactor: number;
  /** How its requests are framed. */
  readonly format: RequestFormat;
}

const o200k: Family = {
  name: "o200k_base",
  vocabulary: "o200k_base",
  factor: 1,
  safetyFactor: 1,
  format: "openai",
};
const cl100k: Family = {
  name: "cl100k_base",
  vocabulary: "cl100k_base",
  factor: 1,
  safetyFactor: 1,
  format: "openai",
};

/**
 * Counts a model that no rule names, and those whose tokenizer is not published (Nova, Cohere's hosted models). Its only basis is that it counts more
 * for English text than every tokenizer measured, except SentencePiece of 32,000 tokens.
 */
export const unknownFamily: Family = estimator("unknown", "o200k_base", 1.15, 1.5);

const claude = estimator("claude", "cl100k_base", 1.27, 1.3, "anthropic");
const laterClaude = estimator("claude-opus-4-7", "cl100k_base", 1.65, 1.3, "anthropic");

/** Counts a model of a provider when its name says nothing. */
export const providerFamilies: ReadonlyMap<string, Family> = new Map([
  ["openai", estimator("openai", "o200k_base", 1, 1.4, "openai")],
  ["azure-openai", estimator("openai", "o200k_base", 1, 1.4, "openai")],
  ["anthropic", laterClaude],
]);

/**
 * Rules from a part of a model's name to its family; the first match wins. A part begins the name or follows one of `. / : - _`.
 *
 * OpenAI's: from tiktoken's `model.py`. Estimators: as of 2026-11-21, fitted to what test/bench/tokens/estimators.ts measured on English,
 * code, JSON and 22 other languages with tokenizers from npm packages; the errors are in test/bench/results/token-estimators.md.
 * - claude: only the vocabulary of Claude 2 is public; ai-tokenizer 1.0.6 found that times 1.10 for later models, to 1.4 % on English. From
 *   4.7 on, of every size, it is another tokenizer: the same text counted 1.33 times as many tokens (count_tokens, one sample, by
 *   jackin.tailrocks.com/research/token-optimization/42-multimodal-token-economics).
 * - gemini: Gemma's tokenizers, which Google says are Gemini's.
 * - llama, qwen: their vocabularies grew from cl100k_base, so Latin text and code are within 2 %, and other scripts count too much.
 * - mistral: Tekken, since mid-2024; the SentencePiece models before it apart.
 */
export const familyRules: readonly (readonly [parts: readonly string[], family: Family])[] = [
  [["gpt-4o", "gpt-4.1", "gpt-4.5", "chatgpt-4o", "gpt-5", "gpt-oss", "o1", "o3", "o4"], o200k],
  [["gpt-realtime", "gpt-audio", "gpt-image", "codex", "computer-use"], o200k],
  [["gpt-4", "gpt-3.5", "gpt-35", "text-embedding", "davinci-002", "babbage-002"], cl100k],
  [earlyClaudes, claude],
  [["claude"], laterClaude],
  [["gemini", "gemma"], estimator("gemini", "o200k_base", 1.12, 1.15, "gemini")],
  [
    ["deepseek-r1-distill-llama", "llama", "llama2", "llama3", "codellama"],
    estimator("llama", "cl100k_base", 1, 1.1),
  ],
  [["qwen", "qwen2", "qwen2.5", "qwen3", "qwq"], estimator("qwen", "cl100k_base", 1.03, 1.1)],
  [["deepseek"], estimator("deepseek", "o200k_base", 1.1, 1.25)],
  [
    [
      "open-mistral-7b",
      "mistral-7b",
      "open-mixtral",
      "mixtral",
      "mistral-large-2402",
      "mistral-large-2407",
      "mistral-embed",
    ],
    estimator("mistral-sentencepiece", "cl100k_base", 1.25, 1.15),
  ],
  [
    ["mistral", "ministral", "codestral", "magistral", "devstral", "pixtral", "voxtral"],
    estimator("mistral", "o200k_base", 1.07, 1.2),
  ],
  [["nova"], { ...unknownFamily, name: "nova" }],
  [["command", "command-r", "cohere", "c4ai", "aya"], { ...unknownFamily, name: "cohere" }],
];

function estimator(
  name: string,
  vocabulary: VocabularyName,
  factor: number,
  safetyFactor: number,
  format: RequestFormat = "other",
): Family {
  return { name, vocabulary, factor, safetyFactor, format };
}
