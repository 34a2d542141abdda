import { readText } from "./read-field.ts";
import type { RequestDraft } from "./request-draft.ts";

/** Longest name of a tier, in characters. */
const nameCharsMax = 32;

/**
 * Names that ask for the standard price, or leave the tier to the account: OpenAI's, Anthropic's, Groq's, Bedrock's, Gemini's (2026-11-30).
 * What an account chose is in the answer.
 */
const standard: ReadonlySet<string> = new Set([
  "auto",
  "default",
  "standard",
  "standard_only",
  "on_demand",
  "unspecified",
]);

/** Whether a tier's name stands for the standard price. */
export function isStandardTier(name: string): boolean {
  return standard.has(name.toLowerCase());
}

/** Reads the member that asks for a service tier; one with a price of its own is held at that price, or refused where it has none. */
export function readServiceTier(draft: RequestDraft, param: string): void {
  noteTier(draft, readText(draft.scan, param));
}

/** Notes the tier that a request asks for. */
export function noteTier(draft: RequestDraft, name: string | undefined): void {
  if (name !== undefined && name !== "" && !isStandardTier(name))
    draft.serviceTier = name.toLowerCase().slice(0, nameCharsMax);
}
