import { z } from "zod";
import type { Headers } from "../core/headers.ts";
import { cohereEmbed } from "../dialect/cohere-embed/cohere-embed.ts";
import { cohereRerank } from "../dialect/cohere-rerank/cohere-rerank.ts";
import type { Dialect } from "../dialect/dialect.ts";
import { refusesModel } from "./classify-model.ts";
import type { FailureClass } from "./provider.ts";
import { apiKeyText, defineProvider, endpointUrl } from "./provider-kind.ts";

const operations: Readonly<Record<string, { readonly path: string; readonly dialect: Dialect }>> = {
  rerank: { path: "/v2/rerank", dialect: cohereRerank },
  rerank_v1: { path: "/v1/rerank", dialect: cohereRerank },
  embed_v2: { path: "/v2/embed", dialect: cohereEmbed },
  embed_v1: { path: "/v1/embed", dialect: cohereEmbed },
};

/** Cohere itself (https://docs.cohere.com/reference/errors). */
export const cohere = defineProvider({
  type: "cohere",
  schema: z.strictObject({
    endpoint: endpointUrl.prefault("https://api.cohere.com"),
    apiKey: apiKeyText,
  }),
  create: ({ endpoint, apiKey }) => ({
    type: "cohere",
    endpoint,
    dialect: ({ name }) => operations[name]?.dialect,
    prepare: ({ name }) => ({ path: operations[name]?.path ?? "", headers: [] }),
    authorize(outgoing) {
      outgoing.headers.push(["authorization", `Bearer ${apiKey}`]);
    },
    outputCapField: () => "max_tokens",
    classify: classifyCohere,
  }),
});

/** The class of a failed answer (https://docs.cohere.com/reference/errors); a trial key that is used up is told by words alone. */
function classifyCohere(status: number, _headers: Headers, body: Buffer): FailureClass {
  if (refusesModel(status, body.toString())) return "model_unavailable";
  if (status === 401 || status === 402 || status === 403 || status === 498) return "auth_or_quota";
  if (status === 429) return /trial key|billing/i.test(body.toString()) ? "auth_or_quota" : "rate_limited";
  if (status === 408 || status === 504) return "timeout";
  if (status >= 500) return "overloaded";
  return /too many tokens|too long/i.test(body.toString()) ? "context_length" : "client_error";
}
