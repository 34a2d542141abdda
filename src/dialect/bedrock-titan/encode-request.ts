import { Changes } from "../changes.ts";
import type { EncodedRequest, EncodeTarget } from "../codec.ts";
import { dimensionsFor } from "../embedding/dimensions.ts";
import { embeddingSupportsAllBut } from "../embedding/embedding-feature.ts";
import type { EmbeddingRequest } from "../embedding/embedding-request.ts";
import { known } from "../known.ts";

/** What Titan makes of every feature: it knows no purposes, and refuses what is too long. */
export const titanSupports = embeddingSupportsAllBut({
  texts: "refused",
  token_ids: "refused",
  purpose: "dropped",
  purpose_query: "dropped",
  purpose_similarity: "dropped",
  title: "refused",
  truncate: "dropped",
  small_numbers: "refused",
});

/** A request for the embedding of one text. The first version takes nothing but that. */
export function encodeTitanRequest(request: EmbeddingRequest, { model }: EncodeTarget): EncodedRequest {
  const changes = new Changes(request, titanSupports);
  const body = {
    inputText: request.texts[0],
    ...known("dimensions", dimensionsFor(request, model)),
    ...known("normalize", request.normalized),
  };
  return { body: Buffer.from(JSON.stringify(body)), headers: [], changes: changes.told };
}
