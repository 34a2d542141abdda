import type { Dialect, Operation } from "../dialect.ts";
import { embeddingClient, embeddingUpstream } from "../embedding/embedding-codec.ts";
import { encodeGeminiError } from "../gemini-generate/error.ts";
import { geminiAction } from "../gemini-generate/path.ts";
import { readEmbedAnswer } from "./decode-answer.ts";
import { decodeEmbedRequest } from "./decode-request.ts";
import { encodeEmbedAnswer } from "./encode-answer.ts";
import { embedSupports, encodeEmbedRequest } from "./encode-request.ts";
import { inspectEmbed } from "./inspect.ts";
import { spliceEmbed } from "./request.ts";
import { passEmbed } from "./response.ts";

/** Google's embeddings (https://ai.google.dev/api/embeddings): of one content, or of a batch. */
export const geminiEmbed: Dialect = {
  name: "gemini-embed",
  work: "embeddings",
  requestHeaders: [],
  match: matchEmbed,
  inspect: inspectEmbed,
  splice: spliceEmbed,
  passResponse: passEmbed,
  client: embeddingClient({
    operations: ["embed", "embed_batch"],
    decodeRequest: decodeEmbedRequest,
    encodeAnswer: encodeEmbedAnswer,
  }),
  upstream: embeddingUpstream({
    supports: embedSupports,
    operation: "embed_batch",
    encodeRequest: encodeEmbedRequest,
    readAnswer: readEmbedAnswer,
    textsMax: 100,
  }),
  responseHeaders: ["server-timing"],
  encodeError: encodeGeminiError,
};

function matchEmbed(method: string, path: string): Operation | undefined {
  const asked = geminiAction(method, path);
  switch (asked?.action) {
    case "embedContent":
      return { name: "embed", model: asked.model, stream: false };
    case "batchEmbedContents":
      return { name: "embed_batch", model: asked.model, stream: false };
    default:
      return undefined;
  }
}
