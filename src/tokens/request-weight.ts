import { type ImagePart, imageTokens } from "./image-weight.ts";
import { type Overheads, overheadTable, type RequestFormat } from "./overhead-table.ts";

/**
 * What a request holds besides the text that is counted: numbers of things, in no dialect's words. Each dialect fills it in while it reads
 * a body; what it cannot tell it leaves out.
 */
export interface RequestParts {
  readonly messages: number;
  /** Messages that carry a `name`. */
  readonly names?: number;
  readonly tools?: number;
  /** Properties in the tools' schemas, at any depth. */
  readonly toolProperties?: number;
  /** Whether the client forces a call. */
  readonly toolChoice?: "auto" | "none" | "required" | "named";
  readonly images?: readonly ImagePart[];
  /** Documents (PDF) whose text is not in the body: pages, when known, or bytes. */
  readonly documents?: readonly { readonly pages?: number; readonly bytes: number }[];
  readonly audioSeconds?: number;
  readonly videoSeconds?: number;
}

/** Input tokens of a request beyond its text, rounded up: framing, tools, images, documents, audio. */
export function requestWeight(format: RequestFormat, model: string, parts: RequestParts): number {
  const table = overheadTable[format];
  let tokens = table.perRequest + parts.messages * table.perMessage + (parts.names ?? 0) * table.perName;
  tokens += toolTokens(table, parts);
  for (const image of parts.images ?? []) tokens += imageTokens(model, image);
  const perPage = table.perPage + (table.pagesAreImages ? imageTokens(model, {}) : 0);
  for (const { pages, bytes } of parts.documents ?? []) {
    tokens += (pages ?? Math.ceil(bytes / ASSUMED_PAGE_BYTES)) * perPage;
  }
  tokens +=
    (parts.audioSeconds ?? 0) * table.perAudioSecond + (parts.videoSeconds ?? 0) * table.perVideoSecond;
  return Math.ceil(tokens);
}

/** Of a document whose pages are not known. An assumption: compressed pages of text begin about here, scanned ones are many times larger. */
const ASSUMED_PAGE_BYTES = 4096;

function toolTokens(table: Overheads, parts: RequestParts): number {
  const { tools = 0, toolProperties = 0, toolChoice = "auto" } = parts;
  if (tools === 0) return 0;
  const forced = toolChoice === "required" || toolChoice === "named" ? table.forcedTool : 0;
  return table.toolPrompt + forced + tools * table.perTool + toolProperties * table.perToolProperty;
}
