import type { Usage } from "../usage/usage.ts";
import type { FinishReason } from "./model-event.ts";
import type { AnswerPart } from "./model-request.ts";

/** One answer of a model. */
export interface AnswerChoice {
  readonly parts: readonly AnswerPart[];
  readonly finish: FinishReason;
  /** The sequence that stopped it; true where only that one did is known. */
  readonly stopSequence: string | true | undefined;
}

/** A whole answer, without a wire format. */
export interface ModelAnswer {
  readonly model: string;
  /** At least one. */
  readonly choices: readonly [AnswerChoice, ...AnswerChoice[]];
  /** Undefined: the provider told none. */
  readonly usage: Usage | undefined;
}
