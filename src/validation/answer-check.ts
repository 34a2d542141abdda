import { chain, type MaybePromise } from "../core/maybe-promise.ts";
import type { Finding, Rule, Watch } from "./rule.ts";
import type { BoundRules } from "./validation.ts";

/** Most text of all answers together that is kept for checking, in characters. */
const textCharactersMax = 1_048_576;
/** Longest piece of a stream that rules look at as it comes, in characters. */
const watchedCharactersMax = 16_384;
/** Most answers told apart. */
const choicesMax = 128;

/** The possible results of a rule. */
export const ruleResults = ["passed", "failed", "skipped"] as const;
/** The result of one rule, or of all together. */
export type RuleResult = (typeof ruleResults)[number];

/** The result of a check. `failed` and `passed` name rules; `skipped` names those that had no text to look at, or could not look. */
export interface CheckResult {
  readonly result: RuleResult;
  readonly passed: readonly string[];
  readonly failed: readonly string[];
  readonly skipped: readonly string[];
  /** The bound that made a rule fail without judging the answer: checking took too long, or the text was too long to keep. */
  readonly bound: "slow" | "large" | undefined;
}

/** The end of an answer. */
export interface AnswerEnd {
  /** Unified. */
  readonly finishReason: string | undefined;
  readonly lengthStop: boolean;
}

interface Choice {
  readonly pieces: string[];
  watches: readonly { readonly name: string; readonly watch: Watch }[];
  /** It calls a tool, or refuses. */
  other: boolean;
}

/** Gathers what a model answers, and checks it when it is whole. */
export class AnswerCheck {
  readonly #bound: BoundRules;
  readonly #choices: Choice[] = [];
  readonly #watched: boolean;
  #characters = 0;
  #lost: string | undefined;

  /** `watched`: rules look at the words as they come. */
  constructor(bound: BoundRules, watched = false) {
    this.#bound = bound;
    this.#watched = watched;
  }

  /** The first rule that has failed for good: no answer that begins like this can pass it. Undefined if there is none so far. */
  get lost(): string | undefined {
    return this.#lost;
  }

  /** Takes a piece of output, in order. */
  push(text: string, kind: "answer" | "reasoning" | "refusal" | "call", index: number): void {
    if (kind === "reasoning" || index >= choicesMax) return;
    const choice = this.#choice(index);
    if (kind !== "answer") {
      choice.other = true;
      return;
    }
    this.#characters += text.length;
    if (this.#characters <= textCharactersMax) choice.pieces.push(text);
    else choice.pieces.length = 0;
    this.#watch(choice, text);
  }

  /** Asks every rule. Every answer has to pass it. */
  finish(end: AnswerEnd): MaybePromise<CheckResult> {
    if (this.#lost !== undefined) return { ...lostResult, failed: [this.#lost] };
    const texts = this.#texts(end);
    const found = this.#bound.rules.reduce<MaybePromise<readonly Found[]>>(
      (before, rule) =>
        chain(before, (known) =>
          chain(this.#ask(rule, texts, end), (finding) => [...known, { name: rule.name, finding }]),
        ),
      [],
    );
    return chain(found, (all) => conclude(all, this.#bound.unreadable));
  }

  /** Undefined: there was nothing for the rule to look at. */
  #ask(rule: Rule, texts: readonly string[], { lengthStop }: AnswerEnd): MaybePromise<Found["finding"]> {
    if (!rule.ofText) return rule.check({ text: "", lengthStop });
    if (texts.length === 0) return undefined;
    if (this.#characters > textCharactersMax) return "large";
    return texts.reduce<MaybePromise<Finding>>(
      (finding, text) =>
        chain(finding, (before) => (before === "passes" ? rule.check({ text, lengthStop }) : before)),
      "passes",
    );
  }

  /**
   * The texts for rules about words. An answer without words is an empty text, unless it calls tools or refuses; words before a call do not count.
   */
  #texts({ finishReason }: AnswerEnd): readonly string[] {
    const choices = this.#choices.length === 0 ? [nothing] : this.#choices;
    const texts = choices.filter(
      ({ pieces, other }) => !other || (pieces.length > 0 && finishReason !== "tool_calls"),
    );
    return texts.map(({ pieces }) => pieces.join(""));
  }

  #watch(choice: Choice, text: string): void {
    if (this.#lost !== undefined) return;
    // Looking at it would hold the event loop, and what remains could not be told without it. The check at the end decides.
    if (text.length > watchedCharactersMax) choice.watches = [];
    this.#lost = choice.watches.find(({ watch }) => !watch.push(text))?.name;
  }

  #choice(index: number): Choice {
    while (this.#choices.length <= index)
      this.#choices.push({ pieces: [], watches: this.#watches(), other: false });
    return this.#choices[index] ?? nothing;
  }

  #watches(): Choice["watches"] {
    if (!this.#watched) return [];
    return this.#bound.rules.flatMap(({ name, watch }) =>
      watch === undefined ? [] : [{ name, watch: watch() }],
    );
  }
}

interface Found {
  readonly name: string;
  readonly finding: Finding | "large" | undefined;
}

function conclude(found: readonly Found[], unreadable: readonly string[]): CheckResult {
  const passed: string[] = [];
  const failed: string[] = [];
  const skipped = [...unreadable];
  let bound: CheckResult["bound"];
  for (const { name, finding } of found) {
    if (finding === "passes") passed.push(name);
    else if (finding === undefined || finding === "unreadable") skipped.push(name);
    else failed.push(name);
    if (finding === "slow" || finding === "large") bound ??= finding;
  }
  const result = failed.length > 0 ? "failed" : passed.length > 0 ? "passed" : "skipped";
  return { result, passed, failed, skipped, bound };
}

const lostResult = { result: "failed", passed: [], skipped: [], bound: undefined } as const;
const nothing: Choice = { pieces: [], watches: [], other: false };
