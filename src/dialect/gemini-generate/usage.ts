import type { Usage } from "../../usage/usage.ts";
import { type JsonObject, listOf, objectOf, textOf, tokensOf } from "../json-view.ts";
import { known } from "../known.ts";

/**
 * Gemini's usage as canonical usage (https://ai.google.dev/api/generate-content): thoughts are beside the candidates, and what tools put into the
 * prompt is beside the prompt. Protocol-buffer JSON leaves zeros out, so beside a prompt count what is missing is 0.
 */
export function readGenerateUsage(usage: JsonObject): Usage {
  const prompt = tokensOf(usage.promptTokenCount);
  const thoughts = tokensOf(usage.thoughtsTokenCount);
  const output = (tokensOf(usage.candidatesTokenCount) ?? 0) + (thoughts ?? 0);
  return {
    inputTokens: prompt === undefined ? undefined : prompt + (tokensOf(usage.toolUsePromptTokenCount) ?? 0),
    outputTokens: prompt === undefined ? undefined : output,
    ...known("cachedInputTokens", tokensOf(usage.cachedContentTokenCount)),
    ...known("reasoningTokens", thoughts),
    ...known("audioInputTokens", ofModality(usage.promptTokensDetails, "AUDIO")),
    ...known("audioOutputTokens", ofModality(usage.candidatesTokensDetails, "AUDIO")),
    ...known("imageInputTokens", ofModality(usage.promptTokensDetails, "IMAGE")),
    ...known("imageOutputTokens", ofModality(usage.candidatesTokensDetails, "IMAGE")),
    ...known("serviceTier", textOf(usage.serviceTier) ?? textOf(usage.trafficType)),
  };
}

function ofModality(details: unknown, modality: string): number | undefined {
  const detail = listOf(details).find((item) => objectOf(item)?.modality === modality);
  return tokensOf(objectOf(detail)?.tokenCount);
}
