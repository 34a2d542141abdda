import type { AnswerContext } from "./codec.ts";

/** OpenAI's own headers of an answer, besides its request id. */
export function openaiAnswerHeaders({ facts }: AnswerContext): readonly (readonly [string, string])[] {
  return [["content-type", facts.stream ? "text/event-stream; charset=utf-8" : "application/json"]];
}
