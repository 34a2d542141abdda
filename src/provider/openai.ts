import { z } from "zod";
import { openaiProvider } from "./openai-provider.ts";
import { apiKeyText, defineProvider, endpointUrl } from "./provider-kind.ts";

/** OpenAI itself. */
export const openai = defineProvider({
  type: "openai",
  schema: z.strictObject({
    endpoint: endpointUrl.prefault("https://api.openai.com/v1"),
    apiKey: apiKeyText,
    organization: apiKeyText.optional(),
    project: apiKeyText.optional(),
  }),
  create: ({ endpoint, apiKey, organization, project }) =>
    openaiProvider({
      type: "openai",
      endpoint,
      apiKey,
      // `max_tokens` is deprecated, and refused by reasoning models (https://developers.openai.com/api/reference/resources/chat).
      chatCapField: "max_completion_tokens",
      headers: [
        ...(organization === undefined ? [] : ([["openai-organization", organization]] as const)),
        ...(project === undefined ? [] : ([["openai-project", project]] as const)),
      ],
    }),
});
