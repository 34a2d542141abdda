import { matchEmbedder } from "../bedrock-path.ts";
import { cohereTextsMax } from "../cohere-embed/cohere-embed.ts";
import { readCohereEmbedAnswer } from "../cohere-embed/decode-answer.ts";
import { decodeCohereEmbedRequest } from "../cohere-embed/decode-request.ts";
import { encodeCohereEmbedAnswer } from "../cohere-embed/encode-answer.ts";
import { cohereEmbedSupports, encodeBedrockCohereRequest } from "../cohere-embed/encode-request.ts";
import { type CohereEmbedMarks, inspectCohereEmbed } from "../cohere-embed/inspect.ts";
import { passBedrockCohere } from "../cohere-embed/response.ts";
import type { Dialect } from "../dialect.ts";
import { embeddingClient, embeddingUpstream } from "../embedding/embedding-codec.ts";
import { invokeModel } from "../invoke-model.ts";
import { spliceMembers } from "../splice-members.ts";

/** Cohere's embeddings through Bedrock's InvokeModel: Cohere's own body without the model, and its own answer without the bill. */
export const bedrockCohere: Dialect = {
  name: "bedrock-cohere",
  work: "embeddings",
  ...invokeModel,
  match: (method, path) => matchEmbedder("cohere", method, path),
  inspect: inspectCohereEmbed,
  splice: (body, facts, edits) => spliceMembers(body, facts.marks as CohereEmbedMarks, facts, edits, []),
  passResponse: passBedrockCohere,
  client: embeddingClient({
    operations: ["invoke_cohere"],
    decodeRequest: decodeCohereEmbedRequest,
    encodeAnswer: encodeCohereEmbedAnswer,
  }),
  upstream: embeddingUpstream({
    supports: cohereEmbedSupports,
    operation: "invoke_cohere",
    encodeRequest: encodeBedrockCohereRequest,
    readAnswer: readCohereEmbedAnswer,
    textsMax: cohereTextsMax,
  }),
};
