import type { AnswerContext } from "../codec.ts";
import { base64Vector } from "../embedding/base64-vector.ts";
import type { EmbeddingAnswer, EmbeddingWriter } from "../embedding/embedding-answer.ts";
import type { NumberKind } from "../embedding/embedding-request.ts";
import { arrayOf, joinJson } from "../embedding/join-json.ts";
import type { CohereEmbedMarks } from "./inspect.ts";

/** The writer of an answer in Cohere's format: by kind of number, or plain floats where an older client named none. */
export function encodeCohereEmbedAnswer(context: AnswerContext): EmbeddingWriter {
  const { operation, marks } = context.facts;
  const { types } = marks as CohereEmbedMarks;
  const isNewest = operation.name === "embed_v2";
  const asked = types === undefined || types.length === 0 ? (isNewest ? ["float"] : undefined) : types;
  return { write: (answer) => writeAnswer(answer, context, asked) };
}

function writeAnswer(
  answer: EmbeddingAnswer,
  context: AnswerContext,
  types: readonly string[] | undefined,
): Buffer {
  const { vectors, usage } = answer;
  const { name } = context.facts.operation;
  const rest = {
    response_type: types === undefined ? "embeddings_floats" : "embeddings_by_type",
    ...(name === "invoke_cohere" ? {} : { meta: metaOf(name, usage?.inputTokens ?? context.inputTokens) }),
  };
  const floats = vectors.get("float") ?? [];
  const embeddings = types === undefined ? arrayOf(floats) : byType(answer, types);
  return joinJson([
    `{"id":"${context.id}","embeddings":`,
    ...embeddings,
    `,${JSON.stringify(rest).slice(1)}`,
  ]);
}

function byType({ vectors }: EmbeddingAnswer, types: readonly string[]): readonly (string | Buffer)[] {
  const members = [...new Set(types)].map((type) => {
    const list =
      type === "base64"
        ? (vectors.get("float") ?? []).map((vector) => JSON.stringify(base64Vector(vector)))
        : (vectors.get(type as NumberKind) ?? []);
    return joinJson([`${JSON.stringify(type)}:`, ...arrayOf(list)]);
  });
  return ["{", ...arrayOf(members).slice(1, -1), "}"];
}

function metaOf(operation: string, inputTokens: number): object {
  const version = operation === "embed_v2" ? "2" : "1";
  return { api_version: { version }, billed_units: { input_tokens: inputTokens } };
}
