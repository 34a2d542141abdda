import type { Usage } from "../../usage/usage.ts";
import type { NumberKind } from "./embedding-request.ts";

/** For each kind of number that was asked for a vector for each text, in their order: JSON arrays of numbers, byte for byte as the provider wrote them. */
export type Vectors = ReadonlyMap<NumberKind, readonly Buffer[]>;

/** A whole answer, without a wire format. */
export interface EmbeddingAnswer {
  /** The model as the provider names it. Undefined if it does not. */
  readonly model: string | undefined;
  readonly vectors: Vectors;
  /** Undefined: the provider told none. */
  readonly usage: Usage | undefined;
}

/** Writes an answer in one format. */
export interface EmbeddingWriter {
  write(answer: EmbeddingAnswer): Buffer;
}
