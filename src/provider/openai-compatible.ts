import { z } from "zod";
import { openaiProvider } from "./openai-provider.ts";
import { apiKeyText, defineProvider, endpointUrl } from "./provider-kind.ts";

/** A server that speaks OpenAI's API: vLLM, Ollama, Mistral and many more. */
export const openaiCompatible = defineProvider({
  type: "openai-compatible",
  schema: z.strictObject({
    endpoint: endpointUrl,
    /** Absent for servers that ask for none. */
    apiKey: apiKeyText.optional(),
  }),
  create: ({ endpoint, apiKey }) =>
    openaiProvider({
      type: "openai-compatible",
      endpoint,
      apiKey,
      // The older name is the one that all of them heed.
      chatCapField: "max_tokens",
      headers: [],
    }),
});
