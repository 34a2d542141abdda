import { Changes } from "../changes.ts";
import type { EncodedRequest, EncodeTarget } from "../codec.ts";
import { dimensionsFor } from "../embedding/dimensions.ts";
import { embeddingSupportsAllBut } from "../embedding/embedding-feature.ts";
import type { EmbeddingRequest } from "../embedding/embedding-request.ts";
import { known } from "../known.ts";
import { taskTypes } from "./task-type.ts";

/** What Gemini makes of every feature. It cannot be told what to do with what is too long; only whole vectors are of length 1. */
export const embedSupports = embeddingSupportsAllBut({
  token_ids: "refused",
  truncate: "dropped",
  truncate_none: "dropped",
  small_numbers: "refused",
  normalized: "dropped",
  not_normalized: "refused",
});

/** A request written as a batch, which one text may be, too. */
export function encodeEmbedRequest(request: EmbeddingRequest, { model }: EncodeTarget): EncodedRequest {
  const changes = new Changes(request, embedSupports);
  const { purpose } = request;
  const common = {
    ...known("taskType", purpose === undefined ? undefined : taskTypes[purpose]),
    ...known("outputDimensionality", dimensionsFor(request, model)),
  };
  const requests = request.texts.map((text) => ({
    model: `models/${model}`,
    content: { parts: [{ text }] },
    ...common,
  }));
  return { body: Buffer.from(JSON.stringify({ requests })), headers: [], changes: changes.told };
}
