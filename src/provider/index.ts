import { anthropic } from "./anthropic.ts";
import { bedrock } from "./bedrock.ts";
import { cohere } from "./cohere.ts";
import { gemini } from "./gemini.ts";
import { openai } from "./openai.ts";
import { openaiCompatible } from "./openai-compatible.ts";
import type { ProviderKind } from "./provider-kind.ts";

/** Every kind of backend the config may have. */
export const providerKinds: readonly ProviderKind[] = [
  openai,
  openaiCompatible,
  anthropic,
  bedrock,
  gemini,
  cohere,
];
