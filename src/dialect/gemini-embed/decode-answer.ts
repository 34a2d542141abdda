import type { JsonScan } from "../../core/json-scan.ts";
import { KeySet } from "../../core/key-set.ts";
import type { EmbeddingAnswer } from "../embedding/embedding-answer.ts";
import { readAnswer } from "../embedding/read-answer.ts";
import { noVector, readVector } from "../embedding/read-vector.ts";
import { objectOf, tokensOf } from "../json-view.ts";
import { errorInStream } from "../upstream-error.ts";

const answerKeys = new KeySet(["embeddings", "usageMetadata", "error"]);
const embeddingKeys = new KeySet(["values"]);

/** Reads the answer to a batch. Some models tell what it cost, others do not. */
export function readEmbedAnswer(scan: JsonScan): EmbeddingAnswer {
  const vectors: Buffer[] = [];
  const answer = readAnswer(scan, answerKeys, {
    embeddings: () => {
      if (scan.kind() !== "array") throw noVector();
      scan.enter();
      while (scan.nextItem()) vectors.push(readEmbedding(scan));
    },
  });
  const error = objectOf(answer.error);
  if (error !== undefined) throw errorInStream(error.status, error.code);
  const inputTokens = tokensOf(objectOf(answer.usageMetadata)?.promptTokenCount);
  return {
    model: undefined,
    vectors: new Map([["float", vectors]]),
    usage: inputTokens === undefined ? undefined : { inputTokens, outputTokens: 0 },
  };
}

function readEmbedding(scan: JsonScan): Buffer {
  if (scan.kind() !== "object") throw noVector();
  let vector: Buffer | undefined;
  readAnswer(scan, embeddingKeys, {
    values: () => {
      vector = readVector(scan);
    },
  });
  if (vector === undefined) throw noVector();
  return vector;
}
