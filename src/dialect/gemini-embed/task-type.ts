import type { EmbeddingPurpose } from "../embedding/embedding-request.ts";

/** What Gemini calls each purpose (https://ai.google.dev/api/embeddings#tasktype). */
export const taskTypes: Readonly<Record<EmbeddingPurpose, string>> = {
  query: "RETRIEVAL_QUERY",
  document: "RETRIEVAL_DOCUMENT",
  classification: "CLASSIFICATION",
  clustering: "CLUSTERING",
  similarity: "SEMANTIC_SIMILARITY",
  question_answering: "QUESTION_ANSWERING",
  fact_verification: "FACT_VERIFICATION",
  code_query: "CODE_RETRIEVAL_QUERY",
};

const purposes: ReadonlyMap<string, EmbeddingPurpose> = new Map(
  Object.entries(taskTypes).map(([purpose, type]) => [type, purpose as EmbeddingPurpose]),
);

/** The purpose of this name; undefined for a name that Gemini has not. */
export function purposeOf(taskType: string): EmbeddingPurpose | undefined {
  return purposes.get(taskType);
}
