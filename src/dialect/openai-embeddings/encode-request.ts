import { Changes } from "../changes.ts";
import type { EncodedRequest, EncodeTarget } from "../codec.ts";
import { dimensionsFor } from "../embedding/dimensions.ts";
import { embeddingSupportsAllBut } from "../embedding/embedding-feature.ts";
import type { EmbeddingRequest } from "../embedding/embedding-request.ts";
import { known } from "../known.ts";

/** What OpenAI's embeddings make of every feature. Its models know no purposes, and refuse what is too long. */
export const embeddingsSupports = embeddingSupportsAllBut({
  purpose: "dropped",
  purpose_query: "dropped",
  purpose_similarity: "dropped",
  title: "refused",
  truncate: "dropped",
  small_numbers: "refused",
  not_normalized: "refused",
});

/** A request written in OpenAI's format; floats as numbers, which every client's format can be made of. */
export function encodeEmbeddingsRequest(request: EmbeddingRequest, { model }: EncodeTarget): EncodedRequest {
  const changes = new Changes(request, embeddingsSupports);
  const body = {
    model,
    input: request.texts,
    ...known("dimensions", dimensionsFor(request, model)),
    encoding_format: "float",
  };
  return { body: Buffer.from(JSON.stringify(body)), headers: [], changes: changes.told };
}
