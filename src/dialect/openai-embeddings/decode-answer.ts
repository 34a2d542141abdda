import type { JsonScan } from "../../core/json-scan.ts";
import { KeySet } from "../../core/key-set.ts";
import type { EmbeddingAnswer } from "../embedding/embedding-answer.ts";
import { readAnswer } from "../embedding/read-answer.ts";
import { noVector, readVector } from "../embedding/read-vector.ts";
import { objectOf, textOf, tokensOf } from "../json-view.ts";
import { errorInStream } from "../upstream-error.ts";

const answerKeys = new KeySet(["data", "model", "usage", "error"]);
const itemKeys = new KeySet(["index", "embedding"]);

/** Reads an answer with embeddings; each says itself where it belongs. */
export function readEmbeddingsAnswer(scan: JsonScan): EmbeddingAnswer {
  let vectors: readonly Buffer[] = [];
  const answer = readAnswer(scan, answerKeys, {
    data: () => {
      vectors = readData(scan);
    },
  });
  const error = objectOf(answer.error);
  if (error !== undefined) throw errorInStream(error.type, error.code);
  const inputTokens = tokensOf(objectOf(answer.usage)?.prompt_tokens);
  return {
    model: textOf(answer.model),
    vectors: new Map([["float", vectors]]),
    usage: inputTokens === undefined ? undefined : { inputTokens, outputTokens: 0 },
  };
}

function readData(scan: JsonScan): readonly Buffer[] {
  if (scan.kind() !== "array") throw noVector();
  const vectors: Buffer[] = [];
  let items = 0;
  scan.enter();
  for (; scan.nextItem(); items += 1) {
    if (scan.kind() !== "object") throw noVector();
    let vector: Buffer | undefined;
    const { index = items } = readAnswer(scan, itemKeys, {
      embedding: () => {
        vector = readVector(scan);
      },
    });
    const place = tokensOf(index);
    if (place === undefined || vector === undefined || vectors[place] !== undefined) throw noVector();
    vectors[place] = vector;
  }
  // Otherwise some item has no vector.
  if (vectors.length !== items) throw noVector();
  return vectors;
}
