import { anthropicMessages } from "./anthropic-messages.ts";
import { anthropicModels } from "./anthropic-models.ts";
import type { FakeDialect } from "./dialect.ts";
import { openaiChat } from "./openai-chat.ts";
import { openaiEmbeddings } from "./openai-embeddings.ts";
import { openaiModels } from "./openai-models.ts";

/** Every dialect the fake provider speaks; the first that has an operation for a request answers it. */
export const dialects: readonly FakeDialect[] = [
  openaiChat,
  openaiEmbeddings,
  anthropicMessages,
  anthropicModels,
  openaiModels,
];
