import type { Dialect } from "../dialect.ts";
import { embeddingClient, embeddingUpstream } from "../embedding/embedding-codec.ts";
import { openaiLimitHeaders } from "../limit-headers.ts";
import { encodeOpenaiError } from "../openai-error.ts";
import { pathOf } from "../request-path.ts";
import { spliceMembers } from "../splice-members.ts";
import { readEmbeddingsAnswer } from "./decode-answer.ts";
import { decodeEmbeddingsRequest } from "./decode-request.ts";
import { encodeEmbeddingsAnswer } from "./encode-answer.ts";
import { embeddingsSupports, encodeEmbeddingsRequest } from "./encode-request.ts";
import { type EmbeddingsMarks, inspectEmbeddings } from "./inspect.ts";
import { passEmbeddings } from "./response.ts";

/** OpenAI's embeddings (https://developers.openai.com/api/reference/resources/embeddings): no stream, no output tokens, no cap. */
export const openaiEmbeddings: Dialect = {
  name: "openai-embeddings",
  work: "embeddings",
  requestHeaders: [],
  match(method, path) {
    return method === "POST" && pathOf(path) === "/v1/embeddings" ? { name: "embeddings" } : undefined;
  },
  inspect: inspectEmbeddings,
  splice: (body, facts, edits) => spliceMembers(body, facts.marks as EmbeddingsMarks, facts, edits, []),
  passResponse: passEmbeddings,
  client: embeddingClient({
    operations: ["embeddings"],
    decodeRequest: decodeEmbeddingsRequest,
    encodeAnswer: encodeEmbeddingsAnswer,
  }),
  upstream: embeddingUpstream({
    supports: embeddingsSupports,
    operation: "embeddings",
    encodeRequest: encodeEmbeddingsRequest,
    readAnswer: readEmbeddingsAnswer,
    textsMax: 2_048,
  }),
  limitHeaders: openaiLimitHeaders,
  responseHeaders: ["openai-processing-ms", "openai-version"],
  encodeError: encodeOpenaiError,
};
