import { z } from "zod";
import { openaiChat } from "../../src/dialect/openai-chat/openai-chat.ts";
import { classifyOpenai } from "../../src/provider/classify-openai.ts";
import { apiKeyText, defineProvider, endpointUrl } from "../../src/provider/provider-kind.ts";

/** Chat on Azure OpenAI's v1 API (https://learn.microsoft.com/en-us/azure/ai-foundry/openai/api-version-lifecycle). */
export const azureOpenai = defineProvider({
  type: "azure-openai",
  schema: z.strictObject({ endpoint: endpointUrl, apiKey: apiKeyText }),
  create: ({ endpoint, apiKey }) => ({
    type: "azure-openai",
    endpoint,
    dialect: ({ name }) => (name === "chat" ? openaiChat : undefined),
    prepare: () => ({ path: "/openai/v1/chat/completions", headers: [] }),
    authorize: ({ headers }) => {
      headers.push(["api-key", apiKey]);
    },
    outputCapField: () => "max_completion_tokens",
    classify: classifyOpenai,
  }),
});
