import { readText } from "./read-field.ts";
import type { RequestDraft } from "./request-draft.ts";

/** Longest name of a tier, in characters. */
const nameCharsMax = 32;

/**
 * Names that ask for the standard price, or leave the tier to the account: OpenAI's, Anthropic's, Groq's, Bedrock's, Gemini's (2026-11-30).
 * The answer states the account's choice.
 */
const standard: ReadonlySet<string> = new Set([
  "auto",
  "default",
  "standard",
  "standard_only",
  "on_demand",
  "unspecified",
]);

/** True if a tier's name stands for the standard price. */
export function isStandardTier(name: string): boolean {
  return standard.has(name.toLowerCase());
}

/** Reads the member that asks for a service tier. A priced tier is held at its price; one without a price is refused. */
export function readServiceTier(draft: RequestDraft, param: string): void {
  noteTier(draft, readText(draft.scan, param));
}

/** Notes the tier that a request asks for. */
export function noteTier(draft: RequestDraft, name: string | undefined): void {
  if (name !== undefined && name !== "" && !isStandardTier(name))
    draft.serviceTier = name.toLowerCase().slice(0, nameCharsMax);
}
