import { matchEmbedder } from "../bedrock-path.ts";
import type { Dialect } from "../dialect.ts";
import { embeddingClient, embeddingUpstream } from "../embedding/embedding-codec.ts";
import { invokeModel } from "../invoke-model.ts";
import { spliceMembers } from "../splice-members.ts";
import { readTitanAnswer } from "./decode-answer.ts";
import { decodeTitanRequest } from "./decode-request.ts";
import { encodeTitanAnswer } from "./encode-answer.ts";
import { encodeTitanRequest, titanSupports } from "./encode-request.ts";
import { inspectTitan, type TitanMarks } from "./inspect.ts";
import { passTitan } from "./response.ts";

/** Titan's embeddings through Bedrock's InvokeModel: one text, one vector (https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-titan-embed-text.html). */
export const bedrockTitan: Dialect = {
  name: "bedrock-titan",
  work: "embeddings",
  ...invokeModel,
  match: (method, path) => matchEmbedder("titan", method, path),
  inspect: inspectTitan,
  splice: (body, facts, edits) => spliceMembers(body, facts.marks as TitanMarks, facts, edits, []),
  passResponse: passTitan,
  client: embeddingClient({
    operations: ["invoke_titan"],
    decodeRequest: decodeTitanRequest,
    encodeAnswer: encodeTitanAnswer,
  }),
  upstream: embeddingUpstream({
    supports: titanSupports,
    operation: "invoke_titan",
    encodeRequest: encodeTitanRequest,
    readAnswer: readTitanAnswer,
    textsMax: 1,
  }),
};
