import type { GatewayError } from "../core/errors.ts";
import { invalid } from "./read-field.ts";

/**
 * The most things of one kind in a request: no vendor takes more, and each costs the gateway work of its own. Messages: Anthropic's 100,000
 * (https://platform.claude.com/docs/en/api/messages). Media: Gemini's 3,600 images (https://ai.google.dev/gemini-api/docs/image-understanding).
 * Tools: far above what vendors take (OpenAI 128, Anthropic 10,000 with its tool search). Read 2026-12-01.
 */
export const requestBounds = { messages: 100_000, media: 3_600, tools: 10_000 } as const;

/** The refusal of a request with more things of a kind than {@link requestBounds}. */
export function tooMany(kind: keyof typeof requestBounds): GatewayError {
  const what = {
    messages: "messages or inputs",
    media: "images, documents, sounds and films",
    tools: "tools",
  }[kind];
  return invalid("the body", `has more than ${requestBounds[kind].toLocaleString("en")} ${what}`);
}
