import { z } from "zod";
import type { Headers } from "../core/headers.ts";
import { geminiEmbed } from "../dialect/gemini-embed/gemini-embed.ts";
import { geminiGenerate } from "../dialect/gemini-generate/gemini-generate.ts";
import { listOf, objectOf, parseObject } from "../dialect/json-view.ts";
import { refusesModel } from "./classify-model.ts";
import type { FailureClass } from "./provider.ts";
import { apiKeyText, defineProvider, endpointUrl } from "./provider-kind.ts";

const actions: Readonly<Record<string, string>> = {
  generate: "generateContent",
  embed: "embedContent",
  embed_batch: "batchEmbedContents",
};

/** Google AI Studio's Gemini API with its key (https://ai.google.dev/api/generate-content). */
export const gemini = defineProvider({
  type: "gemini",
  schema: z.strictObject({
    endpoint: endpointUrl.prefault("https://generativelanguage.googleapis.com"),
    apiKey: apiKeyText,
  }),
  create: ({ endpoint, apiKey }) => ({
    type: "gemini",
    endpoint,
    dialect: ({ name }) => {
      if (name === "generate") return geminiGenerate;
      return Object.hasOwn(actions, name) ? geminiEmbed : undefined;
    },
    prepare: ({ name, stream }, model) => {
      const action = stream === true ? "streamGenerateContent?alt=sse" : actions[name];
      return { path: `/v1beta/models/${encodeURIComponent(model)}:${action}`, headers: [] };
    },
    authorize(outgoing) {
      outgoing.headers.push(["x-goog-api-key", apiKey]);
    },
    outputCapField: () => "maxOutputTokens",
    classify: classifyGemini,
    askedWaitMs: retryDelayMs,
  }),
});

/** `google.rpc.RetryInfo` among an error's details; Gemini sends no `retry-after`. */
function retryDelayMs(body: Buffer): number | undefined {
  for (const detail of listOf(objectOf(parseObject(body.toString())?.error)?.details)) {
    const seconds = /^(\d{1,9}(?:\.\d+)?)s$/.exec(String(objectOf(detail)?.retryDelay ?? ""))?.[1];
    if (seconds !== undefined) return Math.ceil(Number(seconds) * 1_000);
  }
  return undefined;
}

/** The class of a failed answer (https://ai.google.dev/api/generate-content): an over-long prompt and a bad key are told by words alone. */
function classifyGemini(status: number, _headers: Headers, body: Buffer): FailureClass {
  const error = objectOf(parseObject(body.toString())?.error);
  const message = typeof error?.message === "string" ? error.message : "";
  if (refusesModel(status, message)) return "model_unavailable";
  if (
    status === 401 ||
    status === 402 ||
    status === 403 ||
    /API key not valid|API_KEY_INVALID|enable billing/i.test(message)
  )
    return "auth_or_quota";
  if (status === 429) return /billing|prepay|spend/i.test(message) ? "auth_or_quota" : "rate_limited";
  if (status === 408 || status === 504) return "timeout";
  if (status >= 500) return "overloaded";
  if (/exceeds the maximum number of tokens|input token count/i.test(message)) return "context_length";
  return "client_error";
}
