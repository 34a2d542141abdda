import { countOf, type JsonRecord, listOf, textOf } from "./json.ts";
import { type Refusal, refusal } from "./refusal.ts";
import { countTokens } from "./token-count.ts";
import { vectorOf } from "./vector.ts";

const textsMax = 96;
const dimensionsDefault = 64;
const dimensionsMax = 4_096;
const bitsPerByte = 8;
const inputTypes: ReadonlySet<unknown> = new Set([
  "search_document",
  "search_query",
  "classification",
  "clustering",
]);

/** What Cohere's models answer, at home or on Bedrock. */
export interface CohereEmbeddings {
  readonly texts: readonly string[];
  readonly embeddings: unknown;
  readonly responseType: "embeddings_by_type" | "embeddings_floats";
  readonly tokens: number;
}

/** Embeds a request's texts; `byType`: by kind of number even where none is asked for. */
export function embedCohere(body: JsonRecord, byType: boolean): CohereEmbeddings | Refusal {
  const texts = listOf(body.texts).map((text) => textOf(text) ?? "");
  if (texts.length < 1 || texts.length > textsMax)
    return refusal("bad-request", {
      message: `invalid request: texts must have 1 to ${textsMax} elements`,
    });
  if (!inputTypes.has(body.input_type))
    return refusal("bad-request", { message: "invalid request: valid input_type must be provided" });
  const types = listOf(body.embedding_types).map(String);
  const unknown = types.find((type) => !Object.hasOwn(kinds, type));
  if (unknown !== undefined)
    return refusal("bad-request", { message: `invalid request: invalid embedding type ${unknown}` });
  const dimensions = Math.min(countOf(body.output_dimension) ?? dimensionsDefault, dimensionsMax);
  // A query's vector is not a document's.
  const vectors = texts.map((text) => vectorOf(`${String(body.input_type)}\n${text}`, dimensions));
  const asked = types.length === 0 && byType ? ["float"] : types;
  const tokens = texts.reduce((sum, text) => sum + countTokens(text), 0);
  return asked.length === 0
    ? { texts, embeddings: vectors.map((vector) => [...vector]), responseType: "embeddings_floats", tokens }
    : {
        texts,
        embeddings: Object.fromEntries(asked.map((type) => [type, vectors.map((one) => kinds[type]?.(one))])),
        responseType: "embeddings_by_type",
        tokens,
      };
}

const kinds: Readonly<Record<string, (vector: Float32Array) => unknown>> = {
  float: (vector) => [...vector],
  int8: (vector) => Array.from(vector, (value) => Math.round(value * 127)),
  uint8: (vector) => Array.from(vector, (value) => Math.round(value * 127) + 128),
  binary: (vector) => bytesOf(vector).map((byte) => byte - 128),
  ubinary: bytesOf,
  base64: (vector) => Buffer.from(vector.buffer, vector.byteOffset, vector.byteLength).toString("base64"),
};

/** The signs of a vector's numbers, eight in a byte. */
function bytesOf(vector: Float32Array): readonly number[] {
  return Array.from({ length: Math.ceil(vector.length / bitsPerByte) }, (_, at) =>
    vector
      .slice(at * bitsPerByte, (at + 1) * bitsPerByte)
      .reduce((byte, value) => byte * 2 + (value > 0 ? 1 : 0), 0),
  );
}
