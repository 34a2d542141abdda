import type { AnswerContext } from "../codec.ts";
import { base64Vector } from "../embedding/base64-vector.ts";
import type { EmbeddingAnswer, EmbeddingWriter } from "../embedding/embedding-answer.ts";
import { arrayOf, joinJson } from "../embedding/join-json.ts";
import type { EmbeddingsMarks } from "./inspect.ts";

/** The writer of an answer in OpenAI's format, its vectors as the client asked for them. */
export function encodeEmbeddingsAnswer(context: AnswerContext): EmbeddingWriter {
  const { base64 } = context.facts.marks as EmbeddingsMarks;
  return { write: (answer) => writeAnswer(answer, context, base64) };
}

function writeAnswer(
  { model, vectors, usage }: EmbeddingAnswer,
  context: AnswerContext,
  base64: boolean,
): Buffer {
  const floats = vectors.get("float") ?? [];
  const items = floats.map((vector, index) =>
    joinJson([
      `{"object":"embedding","index":${index},"embedding":`,
      base64 ? JSON.stringify(base64Vector(vector)) : vector,
      "}",
    ]),
  );
  // The format has no word for unknown: then it is what was counted here, and is recorded.
  const tokens = usage?.inputTokens ?? context.inputTokens;
  const rest = { model: model ?? context.model, usage: { prompt_tokens: tokens, total_tokens: tokens } };
  return joinJson(['{"object":"list","data":', ...arrayOf(items), `,${JSON.stringify(rest).slice(1)}`]);
}
