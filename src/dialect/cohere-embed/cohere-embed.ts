import { encodeCohereError } from "../cohere-rerank/error.ts";
import type { Dialect } from "../dialect.ts";
import { embeddingClient, embeddingUpstream } from "../embedding/embedding-codec.ts";
import { pathOf } from "../request-path.ts";
import { spliceMembers } from "../splice-members.ts";
import { readCohereEmbedAnswer } from "./decode-answer.ts";
import { decodeCohereEmbedRequest } from "./decode-request.ts";
import { encodeCohereEmbedAnswer } from "./encode-answer.ts";
import { cohereEmbedSupports, encodeCohereEmbedRequest } from "./encode-request.ts";
import { type CohereEmbedMarks, inspectCohereEmbed } from "./inspect.ts";
import { passCohereEmbed } from "./response.ts";

/** Most texts of one request. */
export const cohereTextsMax = 96;

/** Cohere's embeddings, in both versions (https://docs.cohere.com/reference/embed). */
export const cohereEmbed: Dialect = {
  name: "cohere-embed",
  work: "embeddings",
  requestHeaders: [],
  match(method, path) {
    if (method !== "POST") return undefined;
    switch (pathOf(path)) {
      case "/v1/embed":
        return { name: "embed_v1" };
      case "/v2/embed":
        return { name: "embed_v2" };
      default:
        return undefined;
    }
  },
  inspect: inspectCohereEmbed,
  splice: (body, facts, edits) => spliceMembers(body, facts.marks as CohereEmbedMarks, facts, edits, []),
  passResponse: passCohereEmbed,
  client: embeddingClient({
    operations: ["embed_v1", "embed_v2"],
    decodeRequest: decodeCohereEmbedRequest,
    encodeAnswer: encodeCohereEmbedAnswer,
  }),
  upstream: embeddingUpstream({
    supports: cohereEmbedSupports,
    operation: "embed_v2",
    encodeRequest: encodeCohereEmbedRequest,
    readAnswer: readCohereEmbedAnswer,
    textsMax: cohereTextsMax,
  }),
  responseHeaders: ["x-debug-trace-id"],
  encodeError: encodeCohereError,
};
