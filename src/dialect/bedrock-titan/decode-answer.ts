import type { JsonScan } from "../../core/json-scan.ts";
import { KeySet } from "../../core/key-set.ts";
import { bedrockInputTokens } from "../bedrock-usage.ts";
import type { ResponseContext } from "../dialect.ts";
import type { EmbeddingAnswer } from "../embedding/embedding-answer.ts";
import { readAnswer } from "../embedding/read-answer.ts";
import { noVector, readVector } from "../embedding/read-vector.ts";
import { tokensOf } from "../json-view.ts";
import { errorInStream } from "../upstream-error.ts";

const answerKeys = new KeySet(["embedding", "inputTextTokenCount", "message"]);

/** Reads the answer with one vector. */
export function readTitanAnswer(scan: JsonScan, { headers }: ResponseContext): EmbeddingAnswer {
  let vector: Buffer | undefined;
  const answer = readAnswer(scan, answerKeys, {
    embedding: () => {
      vector = readVector(scan);
    },
  });
  // Models that read pictures have it null where all went well.
  if (typeof answer.message === "string") throw errorInStream();
  if (vector === undefined) throw noVector();
  const inputTokens = tokensOf(answer.inputTextTokenCount) ?? bedrockInputTokens(headers);
  return {
    model: undefined,
    vectors: new Map([["float", [vector]]]),
    usage: inputTokens === undefined ? undefined : { inputTokens, outputTokens: 0 },
  };
}
