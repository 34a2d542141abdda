import { cannotSay } from "../reach.ts";
import type { EmbeddingRequest } from "./embedding-request.ts";

/**
 * The dimensions a model can be asked for, by a part of its name; the first match counts. A model with one number has those and takes no such field. As
 * published by the vendors, 2026-09: https://developers.openai.com/api/docs/models, https://docs.cohere.com/docs/cohere-embed,
 * https://ai.google.dev/gemini-api/docs/embeddings, https://docs.aws.amazon.com/bedrock/latest/userguide/titan-embedding-models.html
 */
const table: readonly (readonly [part: RegExp, sizes: readonly [number, ...number[]]])[] = [
  [/text-embedding-ada-002/, [1536]],
  [/titan-embed-text-v2/, [256, 512, 1024]],
  [/titan-embed-text-v1|titan-embed-g1-text/, [1536]],
  [/titan-embed-image/, [1024]],
  [/embed-v4/, [256, 512, 1024, 1536]],
  [/embed-(?:english|multilingual)-v3/, [1024]],
  [/embed-(?:english|multilingual)-light-v3/, [384]],
];

/** The dimensions to ask a model for. Undefined where it has what is asked for anyway. */
export function dimensionsFor({ dimensions }: EmbeddingRequest, model: string): number | undefined {
  const sizes = sizesOf(model);
  return sizes?.length === 1 && sizes[0] === dimensions ? undefined : dimensions;
}

/** Throws `unsupported` for dimensions that a model is known not to have. */
export function checkDimensions({ dimensions, uses }: EmbeddingRequest, model: string): void {
  const sizes = sizesOf(model);
  if (dimensions === undefined || sizes === undefined || sizes.includes(dimensions)) return;
  const known = sizes.join(", ").replace(/, (\d+)$/, " or $1");
  throw cannotSay(uses.get("dimensions") ?? "dimensions", `cannot be ${dimensions}: this model has ${known}`);
}

function sizesOf(model: string): readonly number[] | undefined {
  return table.find(([part]) => part.test(model))?.[1];
}
