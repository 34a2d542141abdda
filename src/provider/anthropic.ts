import { z } from "zod";
import type { Headers } from "../core/headers.ts";
import { anthropicMessages } from "../dialect/anthropic-messages/anthropic-messages.ts";
import { objectOf, parseObject } from "../dialect/json-view.ts";
import { refusesModel } from "./classify-model.ts";
import type { FailureClass } from "./provider.ts";
import { apiKeyText, defineProvider, endpointUrl } from "./provider-kind.ts";

/** Anthropic itself (https://platform.claude.com/docs/en/api/errors). */
export const anthropic = defineProvider({
  type: "anthropic",
  schema: z.strictObject({
    endpoint: endpointUrl.prefault("https://api.anthropic.com"),
    apiKey: apiKeyText,
  }),
  create: ({ endpoint, apiKey }) => ({
    type: "anthropic",
    endpoint,
    dialect: ({ name }) => (name === "messages" ? anthropicMessages : undefined),
    prepare: () => ({ path: "/v1/messages", headers: [] }),
    authorize(outgoing) {
      outgoing.headers.push(["x-api-key", apiKey]);
    },
    outputCapField: () => "max_tokens",
    classify: classifyAnthropic,
  }),
});

/** The class of a failed answer (https://platform.claude.com/docs/en/api/errors): an over-long prompt and a spending limit are told by words alone. */
function classifyAnthropic(status: number, _headers: Headers, body: Buffer): FailureClass {
  const error = objectOf(parseObject(body.toString())?.error);
  const message = typeof error?.message === "string" ? error.message : "";
  if (refusesModel(status, message)) return "model_unavailable";
  if (status === 401 || status === 402 || status === 403) return "auth_or_quota";
  if (status === 429)
    return /spend_limit|spend limit|credit balance/i.test(body.toString()) ? "auth_or_quota" : "rate_limited";
  if (status === 408 || status === 504) return "timeout";
  if (status === 409 || status >= 500) return "overloaded";
  if (/prompt is too long|exceed context limit/i.test(message)) return "context_length";
  if (/credit balance/i.test(message)) return "auth_or_quota";
  return "client_error";
}
