import { assert } from "../../core/errors.ts";
import { Changes } from "../changes.ts";
import type { EncodedRequest, EncodeTarget } from "../codec.ts";
import { dimensionsFor } from "../embedding/dimensions.ts";
import { embeddingSupportsAllBut } from "../embedding/embedding-feature.ts";
import type { EmbeddingRequest } from "../embedding/embedding-request.ts";
import { known } from "../known.ts";
import { cohereInputTypes } from "./input-type.ts";

/** What Cohere makes of every feature. */
export const cohereEmbedSupports = embeddingSupportsAllBut({
  token_ids: "refused",
  purpose_query: "adapted",
  purpose_similarity: "refused",
  title: "refused",
  normalized: "dropped",
  not_normalized: "refused",
});

/** A request in the format of Cohere's own API. */
export function encodeCohereEmbedRequest(request: EmbeddingRequest, target: EncodeTarget): EncodedRequest {
  return encode(request, target, { model: target.model }, "START", "END");
}

/** A request for a model of Cohere on Bedrock, which names the ends of a text otherwise for the newest. */
export function encodeBedrockCohereRequest(request: EmbeddingRequest, target: EncodeTarget): EncodedRequest {
  return /embed-v4/.test(target.model)
    ? encode(request, target, {}, "LEFT", "RIGHT")
    : encode(request, target, {}, "START", "END");
}

function encode(
  request: EmbeddingRequest,
  { model }: EncodeTarget,
  head: object,
  start: string,
  end: string,
): EncodedRequest {
  const changes = new Changes(request, cohereEmbedSupports);
  const { purpose = "document", truncate = "none" } = request;
  const inputType = cohereInputTypes[purpose];
  assert(inputType !== undefined, "a purpose that Cohere has no word for is refused");
  if (request.uses.has("purpose_query")) changes.note("purpose_query", `said as ${inputType}`);
  // Its models since the third want one; that one was chosen here must not stay unsaid.
  const chosen = request.purpose === undefined ? [`input_type set to ${inputType}`] : [];
  const body = {
    ...head,
    texts: request.texts,
    input_type: inputType,
    embedding_types: request.numbers,
    ...known("output_dimension", dimensionsFor(request, model)),
    // Cohere cuts what is too long unless it is told not to; no other format's clients expect it.
    truncate: truncate === "none" ? "NONE" : truncate === "start" ? start : end,
  };
  return { body: Buffer.from(JSON.stringify(body)), headers: [], changes: [...changes.told, ...chosen] };
}
