import { type ImagePart, imageTokens } from "../media/image-weight.ts";
import { requestFormatOf } from "../models/families.ts";
import { type Overheads, overheadTable } from "../models/overhead-table.ts";

/** Counts of the parts of a request besides its text, in no dialect's words. Each dialect fills it in while it reads a body. */
export interface RequestParts {
  /** Messages of a conversation; 0 where the input is text alone, as for embeddings. */
  readonly messages: number;
  /** Messages that carry a `name`. */
  readonly names: number;
  readonly tools: number;
  /** In the tools' schemas, at any depth: objects with properties, their properties, and values of enumerations after the first. */
  readonly toolObjects: number;
  readonly toolProperties: number;
  readonly toolEnumValues: number;
  /** 1 where the answer must use the tools that the request names once more. */
  readonly toolChoices: number;
  /** Formats that the answer must have. */
  readonly formats: number;
  readonly images: readonly ImagePart[];
  /** Pages of documents whose text is not in the body. */
  readonly pages: number;
  readonly audioSeconds: number;
  /** The most that the sound can last, whatever its files say of themselves. */
  readonly audioSecondsMax: number;
  readonly videoSeconds: number;
  readonly videoSecondsMax: number;
  /** Input that says itself how many tokens it is, whatever the model: ids of tokens, sealed reasoning. */
  readonly otherTokens: number;
  /** Bytes of ids of tool calls and of metadata, which some servers' templates show to the model. */
  readonly templateBytes: number;
  /** Reasoning that the vendor has stored and looks up by its id. */
  readonly storedReasonings: number;
}

/** Input tokens of a request beyond its text. */
export interface Weight {
  readonly tokens: number;
  /** Upper bound, by the stated error. */
  readonly tokensMax: number;
}

/**
 * The most tokens that stored reasoning can have: each is part of one answer, of 128,000 tokens at most, and all of them are part of one input,
 * of 1,050,000 at most (OpenAI's model pages, GPT-5.4, as quoted 2026-11-30); the first is rounded up.
 */
const storedReasoningTokensMax = 131_072;
const storedReasoningsTokensMax = 1_050_000;

/** The largest input of any model that takes sound or film: 1,048,576 tokens (Gemini's model pages, 2026-12-01). No request has more of them. */
const mediaTokensMax = 1_048_576;

/** Weighs a request for one model by dated tables: framing, tools, formats, images, documents, audio, video. */
export function requestWeight(provider: string, model: string, parts: RequestParts): Weight {
  const table = overheadTable[requestFormatOf(provider, model)];
  let certain = framingTokens(table, parts) + toolTokens(table, parts);
  for (const image of parts.images) certain += imageTokens(model, image);
  const pageImage = table.pagesAreImages && parts.pages > 0 ? imageTokens(model, { detail: "high" }) : 0;
  const pages = parts.pages * (table.perPage + pageImage);
  const media = parts.audioSeconds * table.perAudioSecond + parts.videoSeconds * table.perVideoSecond;
  const stated = certain + parts.pages * (table.perPageMax + pageImage);
  // No text has more tokens than bytes; where they are not shown, none of them is billed.
  const templateTokensMax = table.showsTemplateBytes ? parts.templateBytes : 0;
  return {
    tokens: certain + pages + media + parts.otherTokens,
    tokensMax:
      stated * table.safetyFactor +
      mediaMax(table, parts) +
      parts.otherTokens +
      templateTokensMax +
      storedTokensMax(parts),
  };
}

function mediaMax(table: Overheads, { audioSecondsMax, videoSecondsMax }: RequestParts): number {
  const tokens = audioSecondsMax * table.perAudioSecond + videoSecondsMax * table.perVideoSecondMax;
  return Math.min(mediaTokensMax, tokens * table.safetyFactor);
}

function storedTokensMax({ storedReasonings }: RequestParts): number {
  return Math.min(storedReasonings * storedReasoningTokensMax, storedReasoningsTokensMax);
}

function framingTokens(table: Overheads, { messages, names, formats }: RequestParts): number {
  if (messages === 0) return 0;
  return table.perRequest + messages * table.perMessage + names * table.perName + formats * table.perFormat;
}

function toolTokens(table: Overheads, parts: RequestParts): number {
  if (parts.tools === 0) return 0;
  return (
    table.toolPrompt +
    parts.tools * table.perTool +
    parts.toolObjects * table.perToolObject +
    parts.toolProperties * table.perToolProperty +
    parts.toolEnumValues * table.perToolEnumValue +
    parts.toolChoices * table.perToolChoice
  );
}
