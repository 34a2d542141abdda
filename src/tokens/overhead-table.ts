/** The framing that a request is billed with, by how the provider renders it and not by which URL it came to. */
export type RequestFormat = "openai" | "anthropic" | "gemini" | "other";

/** Tokens on top of a request's text. */
export interface Overheads {
  readonly perRequest: number;
  readonly perMessage: number;
  readonly perName: number;
  /** Once, when there are tools; and on top when a call is forced. */
  readonly toolPrompt: number;
  readonly forcedTool: number;
  readonly perTool: number;
  readonly perToolProperty: number;
  /** Of a page of a document that comes as a file: its text, or all of it. */
  readonly perPage: number;
  /** Whether a page also weighs as an image. */
  readonly pagesAreImages: boolean;
  readonly perAudioSecond: number;
  readonly perVideoSecond: number;
}

/**
 * As of 2026-11-21. Names, descriptions and values of tools are text and are counted as such; this is what surrounds them.
 *
 * openai: cookbook "How to count tokens with tiktoken" (messages 3 and the role's one, names 1, priming 3; tools of gpt-4o 7 each, 3 a property, 12
 * in all; a named choice 4). Files: text and an image of each page (file inputs guide), with Anthropic's figure for the text, as OpenAI
 * gives none. Audio: a token for each 100 ms of input (realtime guide).
 * anthropic: the fit of ai-tokenizer 1.0.6 to Claude 4.5 (tools 549 and 53 each, properties 13); Anthropic's own table says 346 or less for the
 * prompt alone. Pages: 1,500 to 3,000 of text (PDF guide), the upper end is taken, and an image. No audio.
 * gemini: ai.google.dev/gemini-api/docs/tokens: pages 258, audio 32 a second, video 263 a second. Tools: ai-tokenizer's fit finds
 * nothing but 3 a property.
 * other: what is unknown is taken to be like openai's.
 */
export const overheadTable: Readonly<Record<RequestFormat, Overheads>> = {
  openai: openai(),
  other: openai(),
  anthropic: {
    ...openai(),
    perRequest: 4,
    toolPrompt: 549,
    perTool: 53,
    perToolProperty: 13,
    perAudioSecond: 0,
  },
  gemini: {
    ...openai(),
    toolPrompt: 0,
    perTool: 0,
    perPage: 258,
    pagesAreImages: false,
    perAudioSecond: 32,
    perVideoSecond: 263,
  },
};

function openai(): Overheads {
  return {
    perRequest: 3,
    perMessage: 4,
    perName: 1,
    toolPrompt: 12,
    forcedTool: 4,
    perTool: 7,
    perToolProperty: 3,
    perPage: 3000,
    pagesAreImages: true,
    perAudioSecond: 10,
    perVideoSecond: 0,
  };
}
