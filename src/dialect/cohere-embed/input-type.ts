import type { EmbeddingPurpose } from "../embedding/embedding-request.ts";

/** Cohere's words for each purpose; questions and facts to be looked up are queries to it. Undefined where it has none. */
export const cohereInputTypes: Readonly<Record<EmbeddingPurpose, string | undefined>> = {
  query: "search_query",
  document: "search_document",
  classification: "classification",
  clustering: "clustering",
  question_answering: "search_query",
  fact_verification: "search_query",
  code_query: "search_query",
  similarity: undefined,
};

/** The meaning of each of Cohere's words; `image` is for pictures alone. */
export const coherePurposes: ReadonlyMap<string, EmbeddingPurpose> = new Map([
  ["search_query", "query"],
  ["search_document", "document"],
  ["classification", "classification"],
  ["clustering", "clustering"],
]);
