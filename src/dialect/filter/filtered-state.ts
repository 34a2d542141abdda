import { ResponseState } from "../response-state.ts";
import type { ResponseContext } from "../response-transform.ts";
import { AnswerTexts } from "./answer-texts.ts";

/** The state of an answer that passes in its own format, with its texts filtered where the exchange has a filter. */
export function filteredState({ onText, filter, tap }: ResponseContext): ResponseState {
  return new ResponseState(onText, tap ?? (filter === undefined ? undefined : new AnswerTexts(filter)));
}
