import { KeySet } from "../../core/key-set.ts";
import { enterArray, enterObject, invalid, type Place, readPlace, readText } from "../read-field.ts";
import type { RequestDraft } from "../request-draft.ts";
import { readToolSchema } from "../tool-schema.ts";
import { uncountable } from "../uncountable.ts";

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
/** Members of a declaration that hold a schema; the `response` of a function is one, too. */
const schemaNames: ReadonlySet<string> = new Set([
  "parameters",
  "parametersJsonSchema",
  "parameters_json_schema",
  "response",
  "responseJsonSchema",
  "response_json_schema",
]);
const toolKeys = new KeySet(["functionDeclarations", "function_declarations"]);

/** Reads `contents`: what counts as text, and what else there is. */
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
  let data: Place | undefined;
  if (!enterObject(scan, "contents[].parts[].inlineData")) return;
  for (let key = scan.nextKey(blobKeys); key !== undefined; key = scan.nextKey(blobKeys)) {
    if (key === "mimeType" || key === "mime_type") mime = readText(scan, `inlineData.${key}`) ?? "";
    else if (key === "data") data = readPlace(scan);
    else scan.skip();
  }
  if (mime.startsWith("image/")) draft.addImage(data);
  else if (data !== undefined) addMedium(draft, mime, data);
}

function addMedium(draft: RequestDraft, mime: string, data: Place): void {
  if (mime.startsWith("audio/")) draft.addAudio(data, mime);
  else if (mime.startsWith("video/")) draft.addVideo(data);
  else draft.addDocument(data);
}

/** Reads `tools`: names, descriptions and schemas of functions. */
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
    if (scan.kind() !== "object") {
      text.value(scan);
      continue;
    }
    scan.enter();
    for (let key = scan.nextName(); key !== undefined; key = scan.nextName()) {
      if (schemaNames.has(key)) readToolSchema(draft);
      else text.value(scan);
    }
  }
}
