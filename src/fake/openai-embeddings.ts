import { type Answer, brokenJson, frame } from "./answer.ts";
import type { Call, FakeDialect, Operation } from "./dialect.ts";
import { inputUsage } from "./generation.ts";
import { countOf, type JsonRecord, textOf } from "./json.ts";
import {
  openaiCredential,
  openaiError,
  openaiJsonHeaders,
  openaiMatch,
  refuseAsOpenai,
  refuseMissing,
  refuseUnknown,
} from "./openai.ts";
import { type Refusal, refusal } from "./refusal.ts";
import { countTokens } from "./token-count.ts";
import { vectorOf } from "./vector.ts";

const parameters: ReadonlySet<string> = new Set("input model dimensions encoding_format user".split(" "));
const inputsMax = 2_048;
const dimensionsDefault = 64;
const dimensionsMax = 4_096;

const create: Operation = {
  name: "embeddings",
  model: (body) => textOf(body.model),
  streamed: () => false,
  answer: answerEmbeddings,
};

/** OpenAI's embeddings: unit vectors made of the input's digest, so that equal inputs have equal ones. */
export const openaiEmbeddings: FakeDialect = {
  name: "openai-embeddings",
  match: (method, path) => openaiMatch(method, path, "embeddings", create),
  credential: openaiCredential,
  refuse: refuseAsOpenai,
};

function answerEmbeddings(call: Call): Answer | Refusal {
  const { body } = call;
  const unknown = refuseUnknown(body, parameters);
  if (unknown !== undefined) return unknown;
  if (body.input === undefined) return refuseMissing("input");
  const inputs = inputsOf(body.input);
  const dimensions = countOf(body.dimensions ?? dimensionsDefault) ?? 0;
  if (inputs.length < 1 || inputs.length > inputsMax || dimensions < 1 || dimensions > dimensionsMax) {
    return refusal("bad-request", { message: "'$.input' is invalid.", param: "input" });
  }
  const tokens = inputs.reduce<number>((sum, input) => sum + countInput(input), 0);
  const data = inputs.map((input, index) => ({
    object: "embedding",
    index,
    embedding: encode(vectorOf(JSON.stringify(input), dimensions), body),
  }));
  const usage = { prompt_tokens: tokens, total_tokens: tokens };
  const whole = { object: "list", data, model: call.model, ...(call.faults.noUsage !== true && { usage }) };
  return {
    type: "answer",
    status: 200,
    headers: openaiJsonHeaders(call),
    streamed: false,
    usage: inputUsage(tokens, call.faults),
    frames: [frame(JSON.stringify(whole))],
    flaws: {
      error: frame(JSON.stringify(openaiError(refusal("server"), call))),
      broken: frame(brokenJson),
      empty: [frame(JSON.stringify({ object: "list", data: [], model: call.model }))],
    },
  };
}

/** One text, several, one list of tokens, or several of those. */
function inputsOf(input: unknown): readonly unknown[] {
  if (!Array.isArray(input)) return [input];
  return typeof input[0] === "number" ? [input] : input;
}

function countInput(input: unknown): number {
  return Array.isArray(input) ? input.length : countTokens(textOf(input) ?? "");
}

function encode(vector: Float32Array, body: JsonRecord): readonly number[] | string {
  if (body.encoding_format !== "base64") return [...vector];
  return Buffer.from(vector.buffer, vector.byteOffset, vector.byteLength).toString("base64");
}
