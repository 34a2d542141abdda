import { keptBut } from "../changes.ts";
import type { Support, Supports } from "../feature.ts";

/** Features of a request for embeddings that not every format has, with their names in the table of the documentation. */
export const embeddingFeatures = {
  texts: "several texts at once",
  token_ids: "input as token ids",
  dimensions: "number of dimensions",
  purpose: "what they are for: query, document, classification, clustering",
  purpose_query: "what they are for: answering questions, checking facts, finding code",
  purpose_similarity: "what they are for: similarity",
  title: "title of a document",
  truncate: "cut what is too long",
  truncate_none: "fail on what is too long",
  base64: "vectors in base64",
  small_numbers: "vectors of int8, uint8 or bits",
  normalized: "vectors of length 1",
  not_normalized: "vectors of any length",
} as const;

/** A key of {@link embeddingFeatures}. */
export type EmbeddingFeature = keyof typeof embeddingFeatures;

/** Every feature, in the order of the table. */
export const embeddingFeatureNames: readonly EmbeddingFeature[] = Object.keys(
  embeddingFeatures,
) as EmbeddingFeature[];

/** A format's support of every feature. */
export type EmbeddingSupports = Supports<EmbeddingFeature>;

/** Every feature kept but those named. */
export function embeddingSupportsAllBut(
  exceptions: Partial<Record<EmbeddingFeature, Support>>,
): EmbeddingSupports {
  return keptBut(embeddingFeatureNames, exceptions);
}
