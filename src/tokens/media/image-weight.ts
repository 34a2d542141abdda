import { nameHasPart } from "../models/model-name.ts";
import { type ImageRule, imageRules, type PatchLimit, unknownImageRule } from "./image-table.ts";

/** An image of a request, as far as its weight depends on it. */
export interface ImagePart {
  /** Size in pixels, when it is known (see imageSizeOf); else the most that the rule can give is taken. */
  readonly size?: ImageSize;
  /** What OpenAI's field `detail` says; see {@link ImageDetail}. */
  readonly detail?: string;
}

export interface ImageSize {
  readonly width: number;
  readonly height: number;
}

/** Input tokens of one image for a model, by the first rule of {@link imageRules} that names a part of the model's name. */
export function imageTokens(model: string, image: ImagePart): number {
  const name = model.toLowerCase();
  for (const [parts, rule] of imageRules) {
    if (parts.some((part) => nameHasPart(name, part))) return tokensBy(rule, image);
  }
  return tokensBy(unknownImageRule, image);
}

function tokensBy(rule: ImageRule, { size, detail }: ImagePart): number {
  switch (rule.kind) {
    case "tiles": {
      if (detail === "low") return rule.baseTokens;
      return rule.baseTokens + rule.tileTokens * (size === undefined ? mostTiles : tilesOf(size));
    }
    case "patches": {
      const limit = limitOf(rule, detail);
      const patches = size === undefined ? limit.patchesMax : patchesOf(size, rule.patchPx, limit);
      return Math.ceil(patches * rule.factor);
    }
    case "crops":
      return rule.cropTokens * (size === undefined ? rule.cropsMax : cropsOf(size, rule));
    case "flat":
      return rule.tokens;
  }
}

/** A square of 2048 px, its shorter side brought to 768: 2048 × 768 px. */
const mostTiles = 8;

/** OpenAI: fit into 2048 px, bring the shorter side to 768, count the tiles of 512 px. */
function tilesOf({ width, height }: ImageSize): number {
  const fit = Math.min(1, 2048 / Math.max(width, height));
  const shrink = Math.min(1, 768 / (fit * Math.min(width, height)));
  const scale = fit * shrink;
  return Math.ceil((width * scale) / 512) * Math.ceil((height * scale) / 512);
}

/** A detail that nobody knows counts as the image's own size. */
function limitOf({ limits }: ImageRule & { kind: "patches" }, detail = "auto"): PatchLimit {
  switch (detail) {
    case "low":
    case "high":
    case "auto":
      return limits[detail];
    default:
      return limits.original;
  }
}

/** Patches that cover the image once it is scaled down to the limits. */
function patchesOf(
  { width, height }: ImageSize,
  patchPx: number,
  { patchesMax, edgeMaxPx }: PatchLimit,
): number {
  const scale = Math.min(1, edgeMaxPx / Math.max(width, height));
  const patches = Math.ceil((width * scale) / patchPx) * Math.ceil((height * scale) / patchPx);
  return Math.min(patchesMax, Math.max(1, patches));
}

function cropsOf({ width, height }: ImageSize, rule: ImageRule & { kind: "crops" }): number {
  if (width <= rule.wholeMaxPx && height <= rule.wholeMaxPx) return 1;
  return Math.ceil(width / rule.cropPx) * Math.ceil(height / rule.cropPx);
}
