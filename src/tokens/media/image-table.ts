import { earlyClaudes } from "../models/early-claudes.ts";

/** What OpenAI's field `detail` may say; without it, `auto` holds. */
export type ImageDetail = "low" | "high" | "auto" | "original";

/** The most patches that an image is covered with, and the length in pixels that its longer side is brought to before. */
export interface PatchLimit {
  readonly patchesMax: number;
  readonly edgeMaxPx: number;
}

/**
 * How the tokens of an image follow from its size.
 * - tiles: a base and so much for each tile of 512 px (OpenAI to GPT-5.1)
 * - patches: so much for each small square, up to a limit (OpenAI's later models, Claude)
 * - crops: so much for each crop, one for a small image (Gemini to 2.5)
 * - flat: as many whatever the size (Gemini from 3)
 */
export type ImageRule =
  | { readonly kind: "tiles"; readonly baseTokens: number; readonly tileTokens: number }
  | {
      readonly kind: "patches";
      readonly patchPx: number;
      readonly factor: number;
      readonly limits: Readonly<Record<ImageDetail, PatchLimit>>;
    }
  | {
      readonly kind: "crops";
      readonly cropTokens: number;
      readonly cropPx: number;
      readonly wholeMaxPx: number;
      /** Of an image whose size is unknown. */
      readonly cropsMax: number;
    }
  | { readonly kind: "flat"; readonly tokens: number };

const thumbnail: PatchLimit = { patchesMax: 256, edgeMaxPx: 512 };
const high: PatchLimit = { patchesMax: 2_500, edgeMaxPx: 2_048 };
const capped: PatchLimit = { patchesMax: 6_144, edgeMaxPx: 2_048 };
const original: PatchLimit = { patchesMax: 10_000, edgeMaxPx: 6_000 };
/** No limit of patches; an image of more than 30,000 is refused by the API. */
const unresized: PatchLimit = { patchesMax: 30_000, edgeMaxPx: 65_535 };

/**
 * Rules by a part of the model's name, the first match wins; a later model of a vendor is weighed as its dearest one. As of 2026-12-01.
 *
 * OpenAI: the vision guide, "Model sizing behavior" and "Calculating costs" (https://developers.openai.com/api/docs/guides/images-vision). Models
 * that the guide no longer sizes have the limit of those that it does. `detail: low` of GPT-5.4 may weigh more than `high`.
 * Anthropic: https://platform.claude.com/docs/en/build-with-claude/vision (patches of 28 px; 4,784 of them from Claude 4.7 on, 1,568 before).
 * Gemini to 2.5: https://ai.google.dev/gemini-api/docs/tokens; of unknown size, 256 and up to 2,048 for pan and scan. From Gemini 3 on:
 * https://ai.google.dev/gemini-api/docs/media-resolution, the default and `MEDIA_RESOLUTION_HIGH`.
 * Qwen-VL: 4 to 16,384 tokens an image of 28 px squares, where the server sets no other bound (model card of Qwen2.5-VL).
 */
export const imageRules: readonly (readonly [parts: readonly string[], rule: ImageRule])[] = [
  [["gpt-4o-mini"], tiles(2833, 5667)],
  [["gpt-4.1-mini"], openaiPatches(1.62)],
  [["gpt-4.1-nano"], openaiPatches(2.46)],
  [["o4-mini", "codex-mini"], openaiPatches(1.72)],
  [["gpt-5-nano"], openaiPatches(1.5)],
  [["gpt-5-mini", "gpt-5.2"], openaiPatches(1.2)],
  [["gpt-5.1"], tiles(70, 140)],
  [["gpt-5.3", "gpt-5.4"], openaiPatches(1.2, { low: capped, high, auto: high, original })],
  [["gpt-5.5"], openaiPatches(1.2, { low: thumbnail, high, auto: original, original })],
  [["gpt-5."], openaiPatches(1.2, unresizedLimits())],
  [["gpt-5"], tiles(70, 140)],
  [["computer-use"], tiles(65, 129)],
  [["o1", "o3"], tiles(75, 150)],
  [["gpt-3", "gpt-4", "chatgpt-4o"], tiles(85, 170)],
  [["gpt", "chatgpt"], openaiPatches(1.2, unresizedLimits())],
  [earlyClaudes, claudePatches(1568, 1568)],
  [["claude"], claudePatches(2576, 4784)],
  [
    ["gemini-1", "gemini-2", "gemma"],
    { kind: "crops", cropTokens: 258, cropPx: 768, wholeMaxPx: 384, cropsMax: 9 },
  ],
  [["gemini"], { kind: "flat", tokens: 1_120 }],
  [["qwen"], patches(28, { edgeMaxPx: 65_535, patchesMax: 16_384 })],
];

/** Of a model that no rule names: as OpenAI's dearest of the larger ones that count tiles, for want of anything better. */
export const unknownImageRule: ImageRule = tiles(85, 170);

function tiles(baseTokens: number, tileTokens: number): ImageRule {
  return { kind: "tiles", baseTokens, tileTokens };
}

function openaiPatches(factor: number, limits = sameLimits(capped)): ImageRule {
  return { kind: "patches", patchPx: 32, factor, limits };
}

function claudePatches(edgeMaxPx: number, patchesMax: number): ImageRule {
  return patches(28, { edgeMaxPx, patchesMax });
}

function patches(patchPx: number, limit: PatchLimit): ImageRule {
  return { kind: "patches", patchPx, factor: 1, limits: sameLimits(limit) };
}

function sameLimits(limit: PatchLimit): Readonly<Record<ImageDetail, PatchLimit>> {
  return { low: limit, high: limit, auto: limit, original: limit };
}

function unresizedLimits(): Readonly<Record<ImageDetail, PatchLimit>> {
  return { low: thumbnail, high, auto: unresized, original: unresized };
}
