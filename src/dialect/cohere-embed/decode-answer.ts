import type { JsonScan } from "../../core/json-scan.ts";
import { KeySet } from "../../core/key-set.ts";
import type { ResponseContext } from "../dialect.ts";
import type { EmbeddingAnswer } from "../embedding/embedding-answer.ts";
import type { NumberKind } from "../embedding/embedding-request.ts";
import { readAnswer } from "../embedding/read-answer.ts";
import { noVector, readVectors } from "../embedding/read-vector.ts";
import { errorInStream } from "../upstream-error.ts";
import { cohereUsage } from "./usage.ts";

const answerKeys = new KeySet(["embeddings", "meta", "message"]);
const kindKeys = new KeySet<NumberKind>(["float", "int8", "uint8", "binary", "ubinary"]);

/** Reads an answer with embeddings, by kind of number as they are always asked for. */
export function readCohereEmbedAnswer(scan: JsonScan, { headers }: ResponseContext): EmbeddingAnswer {
  const vectors = new Map<NumberKind, readonly Buffer[]>();
  const answer = readAnswer(scan, answerKeys, { embeddings: () => readKinds(scan, vectors) });
  if (typeof answer.message === "string") throw errorInStream();
  return { model: undefined, vectors, usage: cohereUsage(answer.meta, headers) };
}

function readKinds(scan: JsonScan, vectors: Map<NumberKind, readonly Buffer[]>): void {
  if (scan.kind() !== "object") throw noVector();
  scan.enter();
  for (let kind = scan.nextKey(kindKeys); kind !== undefined; kind = scan.nextKey(kindKeys)) {
    // Members that were not asked for are null.
    if (kind === "" || scan.kind() === "null") scan.skip();
    else vectors.set(kind, readVectors(scan));
  }
}
