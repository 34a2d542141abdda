/** The framing that a request is billed with, by how the model's provider renders it and not by which URL it came to. */
export type RequestFormat = "openai" | "anthropic" | "gemini" | "other";

/** Tokens on top of a request's text. */
export interface Overheads {
  /** Of a request with messages, once. */
  readonly perRequest: number;
  readonly perMessage: number;
  readonly perName: number;
  /** Once, when there are tools. */
  readonly toolPrompt: number;
  readonly perTool: number;
  /** Of an object in a tool's schema that has properties, of each of them, and of each further value of an enumeration. */
  readonly perToolObject: number;
  readonly perToolProperty: number;
  readonly perToolEnumValue: number;
  /** Of a choice of tool by name, besides the name; the prompts of other choices are no longer than those counted. */
  readonly perToolChoice: number;
  /** Of a format that the answer must have; its schema is text. */
  readonly perFormat: number;
  /** Of a page of a document that comes as a file: its text, or all of it. */
  readonly perPage: number;
  /** The most of a page, where its text may be billed beside it or its resolution is the client's choice. */
  readonly perPageMax: number;
  /** Whether a page also weighs as an image. */
  readonly pagesAreImages: boolean;
  readonly perAudioSecond: number;
  readonly perVideoSecond: number;
  /** The most of a second of film, at the highest resolution, with its sound and time stamps. */
  readonly perVideoSecondMax: number;
  /** Whether ids of tool calls, as in the templates of Mistral and Kimi, and metadata may be part of the prompt. */
  readonly showsTemplateBytes: boolean;
  /** By how much the true weight may exceed this table's, as a factor: models of one format differ, and snapshots change. */
  readonly safetyFactor: number;
}

/**
 * As of 2026-12-01. Names, types, descriptions and values in tools are text and are counted as such; this is what surrounds them.
 *
 * openai: cookbook "How to count tokens with tiktoken" (messages 3 and the role's one, names 1, priming 3; tools of gpt-4o 7 each, 3 an object
 * and a property, 3 an enumerated value after the first, 12 in all); a tool chosen by name 7, the higher of two published figures (4 by openai-chat-tokens, 7 by
 * LiteLLM). Formats: "# Response Formats", as the harmony guide renders them. Files:
 * text and an image of each page (file inputs guide), with Anthropic's figure for the text, as OpenAI gives none. Audio: a token for each 100 ms
 * of input (realtime guide).
 * anthropic: the fit of ai-tokenizer 1.0.6 to Claude 4.5 (tools 549 and 53 each, properties 13); Anthropic's own table says 346 or less for the
 * prompt alone, and no more for a forced choice. Pages: 1,500 to 3,000 of text (PDF guide), the upper end is taken, and an image. No audio.
 * gemini: https://ai.google.dev/gemini-api/docs/tokens: pages 258, audio 32 a second, video 263 a second. At most
 * (https://ai.google.dev/gemini-api/docs/media-resolution): 256 a page of Gemini 2.5 and its text, taken as long as Anthropic says of a page, or
 * 1,120 of Gemini 3; a frame a second of 280 with its sound and a time stamp. Tools: ai-tokenizer's fit finds nothing but 3 a property.
 * other: what is unknown is taken to be like openai's; video as Amazon says of Nova, 2,880 for ten seconds.
 */
export const overheadTable: Readonly<Record<RequestFormat, Overheads>> = {
  openai: openai(),
  other: { ...openai(), perVideoSecond: 288, perVideoSecondMax: 288, showsTemplateBytes: true },
  anthropic: {
    ...openai(),
    perRequest: 4,
    toolPrompt: 549,
    perTool: 53,
    perToolObject: 0,
    perToolProperty: 13,
    perToolChoice: 0,
    perAudioSecond: 0,
  },
  gemini: {
    ...openai(),
    toolPrompt: 0,
    perTool: 0,
    perToolObject: 0,
    perToolChoice: 0,
    perPage: 258,
    perPageMax: 3256,
    pagesAreImages: false,
    perAudioSecond: 32,
    perVideoSecond: 263,
    perVideoSecondMax: 328,
  },
};

function openai(): Overheads {
  return {
    perRequest: 3,
    perMessage: 4,
    perName: 1,
    toolPrompt: 12,
    perTool: 7,
    perToolObject: 3,
    perToolProperty: 3,
    perToolEnumValue: 3,
    perToolChoice: 7,
    perFormat: 8,
    perPage: 3000,
    perPageMax: 3000,
    pagesAreImages: true,
    perAudioSecond: 10,
    perVideoSecond: 0,
    perVideoSecondMax: 0,
    showsTemplateBytes: false,
    safetyFactor: 1.25,
  };
}
