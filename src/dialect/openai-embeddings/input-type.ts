import type { EmbeddingPurpose } from "../embedding/embedding-request.ts";

/**
 * The values that clients of OpenAI's format write in `input_type` for models that distinguish queries from documents. OpenAI has no such field;
 * servers with its API do (NVIDIA NIM, Voyage, LiteLLM), in these words or in Cohere's.
 */
export const inputTypes: ReadonlyMap<string, EmbeddingPurpose> = new Map([
  ["query", "query"],
  ["document", "document"],
  ["passage", "document"],
  ["search_query", "query"],
  ["search_document", "document"],
  ["classification", "classification"],
  ["clustering", "clustering"],
]);
