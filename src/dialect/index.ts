import { anthropicMessages } from "./anthropic-messages/anthropic-messages.ts";
import { bedrockCohere } from "./bedrock-cohere/bedrock-cohere.ts";
import { bedrockConverse } from "./bedrock-converse/bedrock-converse.ts";
import { bedrockInvoke } from "./bedrock-invoke/bedrock-invoke.ts";
import { bedrockTitan } from "./bedrock-titan/bedrock-titan.ts";
import { cohereEmbed } from "./cohere-embed/cohere-embed.ts";
import { cohereRerank } from "./cohere-rerank/cohere-rerank.ts";
import type { Dialect } from "./dialect.ts";
import { geminiEmbed } from "./gemini-embed/gemini-embed.ts";
import { geminiGenerate } from "./gemini-generate/gemini-generate.ts";
import { openaiChat } from "./openai-chat/openai-chat.ts";
import { openaiCompletions } from "./openai-completions/openai-completions.ts";
import { openaiEmbeddings } from "./openai-embeddings/openai-embeddings.ts";
import { openaiResponses } from "./openai-responses/openai-responses.ts";

/** Every dialect that clients may speak, in the order in which a request's path is tried. */
export const dialects: readonly Dialect[] = [
  openaiChat,
  openaiResponses,
  openaiCompletions,
  openaiEmbeddings,
  anthropicMessages,
  bedrockConverse,
  bedrockTitan,
  bedrockCohere,
  bedrockInvoke,
  geminiGenerate,
  geminiEmbed,
  cohereEmbed,
  cohereRerank,
];
