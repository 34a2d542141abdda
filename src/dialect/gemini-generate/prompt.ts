import { GatewayError, unreachable } from "../../core/errors.ts";
import type { JsonScan } from "../../core/json-scan.ts";
import { KeySet } from "../../core/key-set.ts";
import { type ByteRange, enterArray, enterObject, invalid, readRange, readText } from "../read-field.ts";
import { asksForMore, foldedKey, refusalOf, refusedMembers } from "../refused-members.ts";
import type { RequestDraft } from "../request-draft.ts";
import { uncountable } from "../uncountable.ts";

const contentKeys = new KeySet(["role", "parts"]);
const partKeys = new KeySet([
  "text",
  "inlineData",
  "inline_data",
  "fileData",
  "file_data",
  "functionCall",
  "function_call",
  "functionResponse",
  "function_response",
  "executableCode",
  "executable_code",
  "codeExecutionResult",
  "code_execution_result",
  "thought",
  "thoughtSignature",
  "thought_signature",
]);
const blobKeys = new KeySet(["mimeType", "mime_type", "data"]);
const responseKeys = new KeySet(["id", "parts"]);

/** Resolutions at which nothing weighs more than is held for it; `MEDIA_RESOLUTION_ULTRA_HIGH` doubles an image (media resolution guide, 2026-11-30). */
export const mediaResolutions: readonly string[] = [
  "MEDIA_RESOLUTION_UNSPECIFIED",
  "MEDIA_RESOLUTION_LOW",
  "MEDIA_RESOLUTION_MEDIUM",
  "MEDIA_RESOLUTION_HIGH",
];

/** Members of a part, besides those read: what cannot be counted, and why. More frames a second than one are more than is held. */
const refusedOfPart = refusedMembers({
  hosted: ["toolCall", "toolResponse"],
  output: ["videoMetadata", "mediaProcessing"],
  stored: ["audioTranscription", "speechMetadata"],
});
const resolutionKeys = new KeySet(["level"]);
/** Members of a part besides its content, which are not part of the prompt. */
const unbilledMembers: ReadonlySet<string> = new Set(["partMetadata", "part_metadata"]);

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
        if (scan.kind() !== "null") throw uncountable(`contents[].parts[].${key}`);
        scan.skip();
        break;
      case "functionResponse":
      case "function_response":
        readFunctionResponse(draft);
        break;
      case "thought":
        scan.skip();
        break;
      case "thoughtSignature":
      case "thought_signature":
        draft.sealed();
        break;
      case "text":
      case "functionCall":
      case "function_call":
      case "executableCode":
      case "executable_code":
      case "codeExecutionResult":
      case "code_execution_result":
        text.value(scan);
        break;
      case "":
        readUnknown(draft);
        break;
      default:
        unreachable(key);
    }
  }
}

/** A part is what its one member says: one that is not known is content that nobody counts. */
function readUnknown({ scan }: RequestDraft): void {
  const name = scan.text();
  if (foldedKey(name) === "mediaresolution" && scan.kind() === "object") {
    readResolution(scan);
    return;
  }
  const refused = refusedOfPart.get(foldedKey(name));
  const asks = asksForMore(scan, refused ?? { cause: "stored" });
  if (!asks || unbilledMembers.has(name)) return;
  if (refused !== undefined) throw refusalOf(refused, `contents[].parts[].${name.slice(0, 64)}`);
  const param = "contents[].parts[]";
  throw new GatewayError("unsupported", `${param} has a member that cannot be counted`, { param });
}

/** The resolution of one part: a level that is held; a number of tokens of the client's own choice is not. */
function readResolution(scan: JsonScan): void {
  const param = "contents[].parts[].mediaResolution";
  scan.enter();
  for (let key = scan.nextKey(resolutionKeys); key !== undefined; key = scan.nextKey(resolutionKeys)) {
    const level = key === "level" ? readText(scan, `${param}.level`) : undefined;
    const isHeld = level === undefined || mediaResolutions.includes(level.toUpperCase());
    if (!isHeld || (key === "" && asksForMore(scan, { cause: "premium" })))
      throw refusalOf({ cause: "premium" }, param);
  }
}

/** A function's answer may have media beside its text. */
function readFunctionResponse(draft: RequestDraft): void {
  const { scan, text } = draft;
  if (scan.kind() !== "object") {
    text.value(scan);
    return;
  }
  scan.enter();
  for (let key = scan.nextKey(responseKeys); key !== undefined; key = scan.nextKey(responseKeys)) {
    if (key === "parts") readParts(draft);
    else if (key === "id") draft.callId();
    else text.value(scan);
  }
}

function readBlob(draft: RequestDraft): void {
  const scan = draft.scan;
  let mime = "";
  let data: ByteRange | undefined;
  if (!enterObject(scan, "contents[].parts[].inlineData")) return;
  for (let key = scan.nextKey(blobKeys); key !== undefined; key = scan.nextKey(blobKeys)) {
    if (key === "mimeType" || key === "mime_type") mime = readText(scan, `inlineData.${key}`) ?? "";
    else if (key === "data") data = readRange(scan);
    else scan.skip();
  }
  if (mime.startsWith("image/")) draft.addImage(data);
  else if (data !== undefined) addMedium(draft, mime, data);
}

function addMedium(draft: RequestDraft, mime: string, data: ByteRange): void {
  if (mime.startsWith("audio/")) draft.addAudio(data, mime);
  else if (mime.startsWith("video/")) draft.addVideo(data);
  else draft.addDocument(data);
}
