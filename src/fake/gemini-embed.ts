import { type Answer, brokenJson, frame } from "./answer.ts";
import type { Call, FakeDialect, Operation } from "./dialect.ts";
import { geminiCredential, geminiError, geminiHeaders, geminiPath, refuseAsGemini } from "./gemini.ts";
import { inputUsage } from "./generation.ts";
import { countOf, type JsonRecord, listOf, recordOf } from "./json.ts";
import { contentText, countContent } from "./prompt.ts";
import { type Refusal, refusal } from "./refusal.ts";
import { vectorOf } from "./vector.ts";

const dimensionsDefault = 64;
const dimensionsMax = 4_096;
const requestsMax = 100;

/** Gemini's embeddings, of one content or a batch; their answers do not say what they cost. */
export const geminiEmbed: FakeDialect = {
  name: "gemini-embed",
  match: (method, path) => {
    const found = geminiPath(path);
    if (method !== "POST" || found === undefined) return undefined;
    return operationOf(found.operation, found.model);
  },
  credential: geminiCredential,
  refuse: refuseAsGemini,
};

function operationOf(name: string, model: string): Operation | undefined {
  const isBatch = name === "batchEmbedContents";
  if (name !== "embedContent" && !isBatch) return undefined;
  const requestsOf = (body: JsonRecord) => (isBatch ? listOf(body.requests).map(recordOf) : [body]);
  const answer = (call: Call) => answerEmbed(call, requestsOf(call.body), isBatch);
  return { name, model: () => model, streamed: () => false, answer };
}

function answerEmbed(call: Call, requests: readonly JsonRecord[], isBatch: boolean): Answer | Refusal {
  const parts = requests.map((request) => recordOf(request.content).parts);
  if (requests.length < 1 || requests.length > requestsMax || parts.includes(undefined)) {
    return refusal("bad-request", { message: "* EmbedContentRequest.content: content is not specified" });
  }
  const embeddings = requests.map(({ outputDimensionality }, index) => {
    const dimensions = Math.min(countOf(outputDimensionality) ?? dimensionsDefault, dimensionsMax);
    return { values: [...vectorOf(contentText(parts[index]), dimensions)] };
  });
  const tokens = parts.reduce<number>((sum, each) => sum + countContent(each), 0);
  return {
    type: "answer",
    status: 200,
    headers: geminiHeaders,
    streamed: false,
    usage: inputUsage(tokens, call.faults),
    frames: [frame(JSON.stringify(isBatch ? { embeddings } : { embedding: embeddings[0] }))],
    flaws: {
      error: frame(JSON.stringify(geminiError(refusal("overloaded"), call))),
      broken: frame(brokenJson),
      empty: [frame("{}")],
    },
  };
}
