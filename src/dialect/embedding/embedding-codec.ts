import type { ClientCodec, UpstreamCodec } from "../codec.ts";
import { cannotSay, checkSupported } from "../reach.ts";
import { checkDimensions } from "./dimensions.ts";
import type { EmbeddingWriter } from "./embedding-answer.ts";
import type { EmbeddingSupports } from "./embedding-feature.ts";
import type { EmbeddingRequest } from "./embedding-request.ts";
import { type ReadEmbeddings, TranslatedEmbeddings } from "./translated-embeddings.ts";

/** A format in which clients may ask for embeddings. */
type EmbeddingClientCodec = ClientCodec<EmbeddingRequest, EmbeddingWriter>;

/** A format in which providers answer with embeddings. */
type EmbeddingUpstreamCodec = UpstreamCodec<EmbeddingRequest, EmbeddingWriter>;

/** The differences between providers' formats. */
interface EmbeddingFormat {
  readonly supports: EmbeddingSupports;
  /** The operation that answers a batch. */
  readonly operation: string;
  readonly encodeRequest: EmbeddingUpstreamCodec["encodeRequest"];
  readonly readAnswer: ReadEmbeddings;
  /** Most texts of one request. */
  readonly textsMax: number;
}

/** The codec of a format in which providers answer with embeddings, whole. */
export function embeddingUpstream(format: EmbeddingFormat): EmbeddingUpstreamCodec {
  const { supports, operation, encodeRequest, readAnswer } = format;
  return {
    hub: "embeddings",
    supports,
    check: (request, model) => checkEmbedding(request, model, format),
    operation: (model) => ({ name: operation, model, stream: false }),
    encodeRequest,
    decodeAnswer: (context, writer) => new TranslatedEmbeddings(context, readAnswer, writer),
  };
}

/** The codec of a format in which clients ask for embeddings. */
export function embeddingClient(
  format: Pick<EmbeddingClientCodec, "operations" | "decodeRequest" | "encodeAnswer">,
): EmbeddingClientCodec {
  return { hub: "embeddings", answerHeaders: () => [["content-type", "application/json"]], ...format };
}

function checkEmbedding(
  request: EmbeddingRequest,
  model: string,
  { supports, textsMax }: EmbeddingFormat,
): void {
  const { texts, uses } = request;
  if (texts.length > textsMax) {
    const why = `has ${texts.length} texts, and this model's provider takes at most ${textsMax} at once`;
    throw cannotSay(uses.get("texts") ?? "input", why);
  }
  checkSupported(request, supports);
  checkDimensions(request, model);
}
