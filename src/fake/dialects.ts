import { anthropicMessages } from "./anthropic-messages.ts";
import { anthropicModels } from "./anthropic-models.ts";
import { bedrockConverse } from "./bedrock-converse.ts";
import { bedrockEmbed } from "./bedrock-embed.ts";
import { bedrockInvoke } from "./bedrock-invoke.ts";
import { cohereEmbed } from "./cohere-embed.ts";
import { cohereRerank } from "./cohere-rerank.ts";
import type { FakeDialect } from "./dialect.ts";
import { geminiEmbed } from "./gemini-embed.ts";
import { geminiGenerate } from "./gemini-generate.ts";
import { openaiChat } from "./openai-chat.ts";
import { openaiCompletions } from "./openai-completions.ts";
import { openaiEmbeddings } from "./openai-embeddings.ts";
import { openaiModels } from "./openai-models.ts";
import { openaiResponses } from "./openai-responses.ts";

/** Every dialect the fake provider speaks; the first that has an operation for a request answers it. */
export const dialects: readonly FakeDialect[] = [
  openaiChat,
  openaiResponses,
  openaiCompletions,
  openaiEmbeddings,
  anthropicMessages,
  anthropicModels,
  bedrockConverse,
  bedrockEmbed,
  bedrockInvoke,
  geminiGenerate,
  geminiEmbed,
  cohereEmbed,
  cohereRerank,
  openaiModels,
];
