import { type Asked, AskedDraft } from "../asked.ts";
import { invalid } from "../read-field.ts";
import { listAt, textAt } from "../read-json.ts";
import type { EmbeddingFeature } from "./embedding-feature.ts";

/** The purpose of vectors, for models that make different ones for each. */
export type EmbeddingPurpose =
  | "query"
  | "document"
  | "classification"
  | "clustering"
  | "similarity"
  | "question_answering"
  | "fact_verification"
  | "code_query";

/** The type of a vector's numbers. */
export type NumberKind = "float" | "int8" | "uint8" | "binary" | "ubinary";

/** Texts to be embedded, without a wire format. Made by a client dialect's `decodeRequest`, written by an upstream dialect's `encodeRequest`. */
export interface EmbeddingRequest extends Asked<EmbeddingFeature> {
  /** At least one, each to have a vector; none where only token ids were given, which one format alone can say. */
  readonly texts: readonly string[];
  readonly dimensions: number | undefined;
  readonly purpose: EmbeddingPurpose | undefined;
  /** The end at which a text that is too long is cut. Undefined for the default of the client's format. */
  readonly truncate: "start" | "end" | "none" | undefined;
  /** At least one. */
  readonly numbers: readonly NumberKind[];
  readonly normalized: boolean | undefined;
}

/** The same while a client's request is read. */
export class EmbeddingDraft extends AskedDraft<EmbeddingFeature> implements EmbeddingRequest {
  texts: readonly string[] = [];
  dimensions: number | undefined;
  purpose: EmbeddingPurpose | undefined;
  truncate: EmbeddingRequest["truncate"];
  numbers: readonly NumberKind[] = ["float"];
  normalized: boolean | undefined;

  /** Takes a list of texts, at least one. */
  takeTexts(value: unknown, field: string): void {
    this.texts = listAt(value, field).map((text, index) => textAt(text, `${field}[${index}]`));
    if (this.texts.length === 0) throw invalid(field, "must have at least one text");
    if (this.texts.length > 1) this.use("texts", field);
  }

  takeDimensions(value: unknown, field: string): void {
    if (!Number.isSafeInteger(value) || (value as number) < 1) throw invalid(field, "must be a count");
    this.dimensions = value as number;
    this.use("dimensions", field);
  }

  takePurpose(purpose: EmbeddingPurpose, field: string): void {
    this.purpose = purpose;
    this.use(featureOf(purpose), field);
  }

  takeTruncate(truncate: "start" | "end" | "none", field: string): void {
    this.truncate = truncate;
    this.use(truncate === "none" ? "truncate_none" : "truncate", field);
  }
}

function featureOf(purpose: EmbeddingPurpose): EmbeddingFeature {
  switch (purpose) {
    case "similarity":
      return "purpose_similarity";
    case "question_answering":
    case "fact_verification":
    case "code_query":
      return "purpose_query";
    default:
      return "purpose";
  }
}
