/**
 * How the tokens of an image follow from its size.
 * - tiles: a base and so much for each tile of 512 px (OpenAI's larger models)
 * - patches: so much for each small square, up to a limit (OpenAI's smaller models, Claude)
 * - crops: so much for each crop, one for a small image (Gemini)
 */
export type ImageRule =
  | { readonly kind: "tiles"; readonly baseTokens: number; readonly tileTokens: number }
  | {
      readonly kind: "patches";
      readonly patchPx: number;
      readonly patchesMax: number;
      readonly edgeMaxPx: number;
      readonly factor: number;
    }
  | {
      readonly kind: "crops";
      readonly cropTokens: number;
      readonly cropPx: number;
      readonly wholeMaxPx: number;
      /** Of an image whose size is unknown: an assumption, 2304 × 1536 px. */
      readonly cropsAssumed: number;
    };

/**
 * Rules by a part of the model's name, the first match wins. As of 2026-11-21.
 *
 * OpenAI: the vision guide (developers.openai.com/api/docs/guides/images-vision); where what is billed differs from it, what is billed:
 * community.openai.com/t/1377015 (factors of the patch models, March 2026) and /t/1262691 (bases and tiles, May 2025).
 * Anthropic: platform.claude.com/docs/en/build-with-claude/vision (patches of 28 px); the limits by model from there and, measured with
 * count_tokens, from jackin.tailrocks.com/research/token-optimization/42-multimodal-token-economics.
 * Gemini: ai.google.dev/gemini-api/docs/tokens.
 */
export const imageRules: readonly (readonly [parts: readonly string[], rule: ImageRule])[] = [
  [["gpt-4o-mini"], tiles(2833, 5667)],
  [["gpt-4.1-mini"], openaiPatches(1.62)],
  [["gpt-4.1-nano"], openaiPatches(2.46)],
  [["o4-mini", "codex-mini"], openaiPatches(1.72)],
  [["gpt-5-nano"], openaiPatches(1.5)],
  [["gpt-5.4-mini", "gpt-5.4-nano", "gpt-5-mini", "gpt-5.2", "gpt-5.3"], openaiPatches(1.2)],
  [["gpt-5.4"], openaiPatches(1.2, 2500)],
  [["gpt-5"], tiles(70, 140)],
  [["computer-use"], tiles(65, 129)],
  [["o1", "o3"], tiles(75, 150)],
  [["gpt", "chatgpt"], tiles(85, 170)],
  [["claude-opus-4-7", "claude-opus-4-8", "claude-opus-5", "claude-fable"], claudePatches(2576, 4784)],
  [["claude"], claudePatches(1568, 1568)],
  [["gemini", "gemma"], { kind: "crops", cropTokens: 258, cropPx: 768, wholeMaxPx: 384, cropsAssumed: 6 }],
];

/** Of a model that no rule names: as OpenAI's dearest of the larger ones, for want of anything better. */
export const unknownImageRule: ImageRule = tiles(85, 170);

function tiles(baseTokens: number, tileTokens: number): ImageRule {
  return { kind: "tiles", baseTokens, tileTokens };
}

function openaiPatches(factor: number, patchesMax = 1536): ImageRule {
  return { kind: "patches", patchPx: 32, patchesMax, edgeMaxPx: 2048, factor };
}

function claudePatches(edgeMaxPx: number, patchesMax: number): ImageRule {
  return { kind: "patches", patchPx: 28, patchesMax, edgeMaxPx, factor: 1 };
}
