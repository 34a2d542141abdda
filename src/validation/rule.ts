import type { MaybePromise } from "../core/maybe-promise.ts";

/** One of a model's answers as it is checked: its own words alone, without reasoning, refusals and calls. */
export interface Answer {
  readonly text: string;
  /** It ended at its cap. */
  readonly lengthStop: boolean;
}

/** A rule's verdict on an answer. `slow`: checking took longer than allowed. `unreadable`: the schema or pattern to check by cannot be read. */
export type Finding = "passes" | "fails" | "slow" | "unreadable";

/** Looks at an answer's text while it comes. */
export interface Watch {
  /** Takes the next piece; false: no text that begins like this can pass any more. */
  push(piece: string): boolean;
}

/** A requirement on answers. */
export interface Rule {
  /** Names the rule in errors, records and metrics: the key of its section. */
  readonly name: string;
  /** It is about the words, so an answer that has none, but calls tools or refuses, is not asked. */
  readonly ofText: boolean;
  /** Judges the whole answer. */
  check(answer: Answer): MaybePromise<Finding>;
  /** Where a rule can fail before the answer's end: a look at one answer as it comes. */
  readonly watch?: () => Watch;
}
