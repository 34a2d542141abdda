import { type Answer, brokenJson, frame } from "./answer.ts";
import {
  bedrockCredential,
  bedrockException,
  bedrockHeaders,
  bedrockPath,
  refuseAsBedrock,
  verifyBedrock,
} from "./bedrock.ts";
import { embedCohere } from "./cohere-vectors.ts";
import type { Call, FakeDialect, Operation } from "./dialect.ts";
import { inputUsage } from "./generation.ts";
import { countOf, type JsonRecord, listOf, textOf } from "./json.ts";
import { type Refusal, refusal } from "./refusal.ts";
import { countTokens } from "./token-count.ts";
import { vectorOf } from "./vector.ts";

const titanParameters: ReadonlySet<string> = new Set([
  "inputText",
  "dimensions",
  "normalize",
  "embeddingTypes",
]);
const cohereParameters: ReadonlySet<string> = new Set(
  "texts images inputs input_type embedding_types output_dimension truncate max_tokens".split(" "),
);
const titanDimensionsDefault = 64;
const titanDimensions: ReadonlySet<number> = new Set([256, 512, 1_024]);

/** Embeddings on Bedrock, of Titan and of Cohere: each has its own body, and the count of tokens is in a header. */
export const bedrockEmbed: FakeDialect = {
  name: "bedrock-embed",
  match: (method, path) => {
    const found = bedrockPath(path);
    if (method !== "POST" || found?.operation !== "invoke") return undefined;
    const { model } = found;
    if (/titan-embed/.test(model)) return operationOf(model, answerTitan);
    return /cohere\.embed/.test(model) ? operationOf(model, answerCohere) : undefined;
  },
  credential: bedrockCredential,
  verify: verifyBedrock,
  refuse: refuseAsBedrock,
};

function operationOf(model: string, answer: Operation["answer"]): Operation {
  return { name: "invoke", model: () => model, streamed: () => false, answer };
}

function answerTitan(call: Call): Answer | Refusal {
  const { body } = call;
  const newest = /v2/.test(call.model ?? "");
  const text = textOf(body.inputText);
  const unknown = unknownIn(body, newest ? titanParameters : new Set(["inputText"]));
  if (unknown !== undefined || text === undefined || text === "") return malformed(unknown ?? "inputText");
  const asked = countOf(body.dimensions);
  if (body.dimensions !== undefined && !titanDimensions.has(asked ?? 0)) return malformed("dimensions");
  const embedding = [...vectorOf(text, asked ?? titanDimensionsDefault)];
  const tokens = countTokens(text);
  const binary = listOf(body.embeddingTypes).includes("binary")
    ? { binary: embedding.map((value) => (value > 0 ? 1 : 0)) }
    : {};
  const told = call.faults.noUsage === true ? {} : { inputTextTokenCount: tokens };
  const types = newest ? { embeddingsByType: { float: embedding, ...binary } } : {};
  return answerOf(call, { embedding, ...told, ...types }, tokens);
}

function answerCohere(call: Call): Answer | Refusal {
  const unknown = unknownIn(call.body, cohereParameters);
  if (unknown !== undefined) return malformed(unknown);
  const made = embedCohere(call.body, false);
  if ("type" in made) return made;
  const { embeddings, texts, tokens, responseType } = made;
  return answerOf(call, { id: call.id, embeddings, texts, response_type: responseType }, tokens);
}

function answerOf(call: Call, body: JsonRecord, tokens: number): Answer {
  const counted = { "x-amzn-bedrock-input-token-count": String(tokens) };
  return {
    type: "answer",
    status: 200,
    headers: {
      "content-type": "application/json",
      ...bedrockHeaders(call),
      ...(call.faults.noUsage !== true && counted),
    },
    streamed: false,
    usage: inputUsage(tokens, call.faults),
    frames: [frame(JSON.stringify(body))],
    flaws: {
      error: frame(JSON.stringify(bedrockException(refusal("server"), call))),
      broken: frame(brokenJson),
      empty: [frame("{}")],
    },
  };
}

function unknownIn(body: JsonRecord, parameters: ReadonlySet<string>): string | undefined {
  return Object.keys(body).find((name) => !parameters.has(name));
}

function malformed(name: string): Refusal {
  return refusal("bad-request", {
    message: `Malformed input request: #: extraneous or wrong key [${name}], please reformat your input and try again.`,
  });
}
