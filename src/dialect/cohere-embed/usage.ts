import type { Headers } from "../../core/headers.ts";
import type { Usage } from "../../usage/usage.ts";
import { bedrockInputTokens } from "../bedrock-usage.ts";
import { objectOf, tokensOf } from "../json-view.ts";

/** The usage of an answer with embeddings: Cohere states it in `meta`, images apart, Bedrock in a header alone. Undefined if neither does. */
export function cohereUsage(meta: unknown, headers: Headers): Usage | undefined {
  const billed = objectOf(objectOf(meta)?.billed_units);
  const told = tokensOf(billed?.input_tokens) ?? bedrockInputTokens(headers);
  const images = tokensOf(billed?.image_tokens);
  if (told === undefined && images === undefined) return undefined;
  const total = { inputTokens: (told ?? 0) + (images ?? 0), outputTokens: 0 };
  return images === undefined ? total : { ...total, imageInputTokens: images };
}
