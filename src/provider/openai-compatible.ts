import { z } from "zod";
import { serverKinds } from "../dialect/server-members.ts";
import { openaiApis, openaiProvider } from "./openai-provider.ts";
import { apiKeyText, defineProvider, endpointUrl } from "./provider-kind.ts";

/** A server that speaks OpenAI's API: vLLM, Ollama, Mistral and many more. */
export const openaiCompatible = defineProvider({
  type: "openai-compatible",
  schema: z.strictObject({
    endpoint: endpointUrl,
    /** Absent for servers that ask for none. */
    apiKey: apiKeyText.optional(),
    /** Those of OpenAI's APIs that it has; all if left out. Clients of Responses are served by a server that has none through chat. */
    apis: z.array(z.enum(openaiApis)).min(1).optional(),
    /** The kind of server. Only its own members that change what is billed are refused; if left out, those of all servers are. */
    server: z.enum(serverKinds).optional(),
  }),
  create: ({ endpoint, apiKey, apis, server }) =>
    openaiProvider({
      type: "openai-compatible",
      endpoint,
      apiKey,
      // The older name is the one that all of them heed.
      chatCapField: "max_tokens",
      apis,
      server,
      headers: [],
    }),
});
