import { KeySet } from "../../core/key-set.ts";
import { enterArray, enterObject, invalid, readText } from "../read-field.ts";
import type { RequestDraft } from "../request-draft.ts";
import { uncountable } from "../uncountable.ts";

/** Overheads in tokens: estimates, as Google publishes none for messages and tools (reference/tokenizers.md §8). */
const perMessageTokens = 4;
const perToolTokens = 10;
/** An image of 3072 × 3072 px: 16 tiles of 258. */
const imageTokens = 4128;
/** Base64 characters held as one token: of sound and film at their lowest usual bit rates (32 and 300 tokens a second), of documents as if all were text. */
const charsPerToken = { media: 150, document: 4 } as const;

const contentKeys = new KeySet(["role", "parts"]);
const partKeys = new KeySet([
  "text",
  "inlineData",
  "inline_data",
  "fileData",
  "file_data",
  "thought",
  "thoughtSignature",
  "thought_signature",
]);
const blobKeys = new KeySet(["mimeType", "mime_type", "data"]);
const toolKeys = new KeySet(["functionDeclarations", "function_declarations"]);

/** Reads `contents`: what counts as text, and how many tokens go on top of it. */
export function readContents(draft: RequestDraft): void {
  const scan = draft.scan;
  // The API takes a single content for a list of one.
  if (scan.kind() === "object") {
    readContent(draft);
    return;
  }
  if (!enterArray(scan, "contents")) throw invalid("contents", "must be an array");
  while (scan.nextItem()) readContent(draft);
}

/** Reads one content: a role and parts. */
export function readContent(draft: RequestDraft): void {
  const { scan, text } = draft;
  draft.messages += 1;
  draft.overheadTokens += perMessageTokens;
  if (scan.kind() !== "object") {
    text.value(scan);
    return;
  }
  scan.enter();
  for (let key = scan.nextKey(contentKeys); key !== undefined; key = scan.nextKey(contentKeys)) {
    if (key === "role") scan.skip();
    else if (key === "parts" && scan.kind() === "object") readPart(draft);
    else if (key === "parts") readParts(draft);
    else text.value(scan);
  }
}

function readParts(draft: RequestDraft): void {
  const scan = draft.scan;
  if (!enterArray(scan, "contents[].parts")) return;
  while (scan.nextItem()) {
    if (scan.kind() === "object") readPart(draft);
    else draft.text.value(scan);
  }
}

function readPart(draft: RequestDraft): void {
  const { scan, text } = draft;
  scan.enter();
  for (let key = scan.nextKey(partKeys); key !== undefined; key = scan.nextKey(partKeys)) {
    switch (key) {
      case "inlineData":
      case "inline_data":
        readBlob(draft);
        break;
      case "fileData":
      case "file_data":
        throw uncountable(`contents[].parts[].${key}`);
      case "thought":
      case "thoughtSignature":
      case "thought_signature":
        scan.skip();
        break;
      default:
        text.value(scan);
    }
  }
}

function readBlob(draft: RequestDraft): void {
  const scan = draft.scan;
  let mime = "";
  let chars = 0;
  if (!enterObject(scan, "contents[].parts[].inlineData")) return;
  for (let key = scan.nextKey(blobKeys); key !== undefined; key = scan.nextKey(blobKeys)) {
    if (key === "mimeType" || key === "mime_type") mime = readText(scan, `inlineData.${key}`) ?? "";
    else {
      scan.skip();
      if (key === "data") chars = Math.max(chars, scan.end - scan.start);
    }
  }
  if (mime.startsWith("image/")) {
    draft.images += 1;
    draft.overheadTokens += imageTokens;
  } else {
    const kind = /^(audio|video)\//.test(mime) ? "media" : "document";
    draft.overheadTokens += Math.ceil(chars / charsPerToken[kind]);
  }
}

/** Reads `tools`: declarations of functions count as they are written. */
export function readTools(draft: RequestDraft): void {
  const scan = draft.scan;
  if (!enterArray(scan, "tools")) return;
  while (scan.nextItem()) {
    if (!enterObject(scan, "tools[]")) continue;
    for (let key = scan.nextKey(toolKeys); key !== undefined; key = scan.nextKey(toolKeys)) {
      if (key === "" || scan.kind() !== "array") draft.text.value(scan);
      else readDeclarations(draft);
    }
  }
}

function readDeclarations(draft: RequestDraft): void {
  const { scan, text } = draft;
  scan.enter();
  while (scan.nextItem()) {
    draft.tools += 1;
    draft.overheadTokens += perToolTokens;
    text.value(scan);
  }
}
