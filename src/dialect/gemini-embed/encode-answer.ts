import type { AnswerContext } from "../codec.ts";
import type { EmbeddingAnswer, EmbeddingWriter } from "../embedding/embedding-answer.ts";
import { arrayOf, joinJson } from "../embedding/join-json.ts";

/** The writer of an answer in Gemini's format: one embedding, or those of a batch. */
export function encodeEmbedAnswer({ facts }: AnswerContext): EmbeddingWriter {
  const isBatch = facts.operation.name === "embed_batch";
  return { write: (answer) => writeAnswer(answer, isBatch) };
}

function writeAnswer({ vectors, usage }: EmbeddingAnswer, isBatch: boolean): Buffer {
  const floats = vectors.get("float") ?? [];
  const embeddings = floats.map((vector) => joinJson(['{"values":', vector, "}"]));
  const tokens = usage?.inputTokens;
  const told =
    tokens === undefined
      ? ""
      : `,"usageMetadata":${JSON.stringify({ promptTokenCount: tokens, totalTokenCount: tokens })}`;
  return isBatch
    ? joinJson(['{"embeddings":', ...arrayOf(embeddings), `${told}}`])
    : joinJson(['{"embedding":', ...embeddings, `${told}}`]);
}
