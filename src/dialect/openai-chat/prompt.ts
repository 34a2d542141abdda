import { KeySet } from "../../core/key-set.ts";
import { type ByteRange, enterArray, enterObject, invalid, readRange, readText } from "../read-field.ts";
import { type OtherMembers, readOther } from "../read-other.ts";
import type { RequestDraft } from "../request-draft.ts";
import { allServerMembers } from "../server-members.ts";
import { readInline, refuseStored } from "../stored-content.ts";
import { readToolSchema } from "../tool-schema.ts";
import { checkType, type TypeTable } from "../type-table.ts";
import { uncountable } from "../uncountable.ts";

const messageKeys = new KeySet([
  "role",
  "content",
  "name",
  "tool_calls",
  "function_call",
  "tool_call_id",
  "audio",
]);
const partKeys = new KeySet(["type", "text", "refusal", "image_url", "input_audio", "file"]);
const callKeys = new KeySet(["id", "type", "index", "function", "custom"]);
const calledKeys = new KeySet(["name", "arguments", "input"]);
const toolKeys = new KeySet(["type", "function", "custom", "strict"]);
const imageKeys = new KeySet(["url", "detail", "file_id"]);
/** Servers of SGLang read from an image how many patches it becomes. */
const imageOthers: OtherMembers = {
  unbilled: new Set(),
  extensions: allServerMembers,
  path: "messages[].content[].image_url.",
};
const audioKeys = new KeySet(["data", "format", "id", "file_id"]);

/** Parts of a message; OpenAI's chat reference, 2026-11-30. A `file` is looked into: it may be one that is stored. */
const partTypes: TypeTable = {
  counted: new Set(["text", "image_url", "input_audio", "file", "refusal"]),
  stored: new Set(["image_file", "file_search", "video_url", "audio_url", "document_url", "input_video"]),
};
const toolTypes: TypeTable = {
  counted: new Set(["function", "custom"]),
  hosted: new Set([
    "web_search",
    "web_search_preview",
    "web_search_premium",
    "browser_search",
    "file_search",
    "code_interpreter",
    "code_execution",
    "image_generation",
    "document_library",
    "mcp",
    "retrieval",
  ]),
};
const callTypes: TypeTable = { counted: toolTypes.counted };
const fileKeys = new KeySet(["file_data", "file_id", "filename"]);

/** Longest role accepted, in characters. */
const roleCharsMax = 16;

/** Reads `messages`: what counts as text, and what else there is. */
export function readMessages(draft: RequestDraft): void {
  const scan = draft.scan;
  if (!enterArray(scan, "messages")) throw invalid("messages", "must be an array");
  while (scan.nextItem()) {
    draft.messages += 1;
    if (!enterObject(scan, "messages[]")) throw invalid("messages[]", "must be an object");
    readMessage(draft);
  }
}

function readMessage(draft: RequestDraft): void {
  const { scan, text } = draft;
  for (let key = scan.nextKey(messageKeys); key !== undefined; key = scan.nextKey(messageKeys)) {
    switch (key) {
      case "role":
        readRole(draft);
        break;
      case "tool_call_id":
        draft.callId();
        break;
      case "audio":
        // An earlier answer's sound, by its id.
        if (scan.kind() !== "null") throw uncountable("messages[].audio");
        scan.skip();
        break;
      case "content":
        readContent(draft);
        break;
      case "tool_calls":
        if (enterArray(scan, "messages[].tool_calls")) while (scan.nextItem()) readCall(draft);
        break;
      case "function_call":
        readCalled(draft);
        break;
      default:
        if (key === "name") draft.names += 1;
        text.value(scan);
    }
  }
}

/** A role is held as the one token that every known role is; servers whose templates take any role must not get text by it. */
function readRole(draft: RequestDraft): void {
  const role = readText(draft.scan, "messages[].role");
  if (role !== undefined && role.length > roleCharsMax)
    throw invalid("messages[].role", `must have at most ${roleCharsMax} characters`);
}

function readContent(draft: RequestDraft): void {
  const scan = draft.scan;
  if (scan.kind() === "object") {
    readPart(draft);
    return;
  }
  if (scan.kind() !== "array") {
    draft.text.value(scan);
    return;
  }
  scan.enter();
  while (scan.nextItem()) {
    if (scan.kind() === "object") readPart(draft);
    else draft.text.value(scan);
  }
}

function readPart(draft: RequestDraft): void {
  const scan = draft.scan;
  let type: string | undefined;
  scan.enter();
  for (let key = scan.nextKey(partKeys); key !== undefined; key = scan.nextKey(partKeys)) {
    if (key === "type") type = readText(scan, "messages[].content[].type");
    else if (key === "image_url") readImage(draft);
    else if (key === "input_audio") readAudio(draft);
    else if (key === "file") readFile(draft);
    else draft.text.value(scan);
  }
  checkType(partTypes, type, "messages[].content[]");
}

function readImage(draft: RequestDraft): void {
  const scan = draft.scan;
  let detail: string | undefined;
  let url: ByteRange | undefined;
  if (scan.kind() === "object") {
    scan.enter();
    for (let key = scan.nextKey(imageKeys); key !== undefined; key = scan.nextKey(imageKeys)) {
      if (key === "detail") detail = readText(scan, "messages[].content[].image_url.detail");
      else if (key === "url") url = readRange(scan);
      else if (key === "file_id") refuseStored(scan, "messages[].content[].image_url.file_id");
      else readOther(draft, imageOthers);
    }
  } else url = readRange(scan);
  draft.addImage(url, detail);
}

function readAudio(draft: RequestDraft): void {
  const scan = draft.scan;
  let format: string | undefined;
  let data: ByteRange | undefined;
  if (!enterObject(scan, "messages[].content[].input_audio")) return;
  for (let key = scan.nextKey(audioKeys); key !== undefined; key = scan.nextKey(audioKeys)) {
    if (key === "format") format = readText(scan, "messages[].content[].input_audio.format");
    else if (key === "data") data = readInline(scan, "messages[].content[].input_audio.data");
    else if (key === "") draft.text.value(scan);
    else refuseStored(scan, `messages[].content[].input_audio.${key}`);
  }
  if (data !== undefined) draft.addAudio(data, format ?? "");
}

function readFile(draft: RequestDraft): void {
  const scan = draft.scan;
  if (!enterObject(scan, "messages[].content[].file")) return;
  for (let key = scan.nextKey(fileKeys); key !== undefined; key = scan.nextKey(fileKeys)) {
    if (key === "file_id") refuseStored(scan, "messages[].content[].file.file_id");
    else if (key === "file_data") {
      const place = readInline(scan, "messages[].content[].file.file_data");
      if (place !== undefined) draft.addDocument(place);
    } else draft.text.value(scan);
  }
}

function readCall(draft: RequestDraft): void {
  const scan = draft.scan;
  let type: string | undefined;
  if (!enterObject(scan, "messages[].tool_calls[]")) return;
  for (let key = scan.nextKey(callKeys); key !== undefined; key = scan.nextKey(callKeys)) {
    if (key === "function" || key === "custom") readCalled(draft);
    else if (key === "") draft.text.value(scan);
    else if (key === "id") draft.callId();
    else if (key === "type") type = readText(scan, "messages[].tool_calls[].type");
    else scan.skip();
  }
  // Servers and clients alike leave out the type of a call that is a function's.
  checkType(callTypes, type ?? "function", "messages[].tool_calls[]");
}

function readCalled(draft: RequestDraft): void {
  const scan = draft.scan;
  if (!enterObject(scan, "messages[].tool_calls[].function")) return;
  for (let key = scan.nextKey(calledKeys); key !== undefined; key = scan.nextKey(calledKeys))
    draft.text.value(scan);
}

/** Reads `tools` or the older `functions`: names, descriptions and schemas. */
export function readTools(draft: RequestDraft, param: "tools" | "functions"): void {
  const scan = draft.scan;
  if (!enterArray(scan, param)) return;
  while (scan.nextItem()) {
    draft.tools += 1;
    if (param === "functions" || scan.kind() !== "object") readDefinition(draft);
    else readTool(draft);
  }
}

function readTool(draft: RequestDraft): void {
  const scan = draft.scan;
  let type: string | undefined;
  scan.enter();
  for (let key = scan.nextKey(toolKeys); key !== undefined; key = scan.nextKey(toolKeys)) {
    if (key === "type") type = readText(scan, "tools[].type");
    else if (key === "strict") scan.skip();
    else readDefinition(draft);
  }
  checkType(toolTypes, type, "tools[]");
}

const definitionKeys = new KeySet(["name", "description", "parameters", "strict"]);

function readDefinition(draft: RequestDraft): void {
  const scan = draft.scan;
  if (scan.kind() !== "object") {
    draft.text.value(scan);
    return;
  }
  scan.enter();
  for (let key = scan.nextKey(definitionKeys); key !== undefined; key = scan.nextKey(definitionKeys)) {
    if (key === "strict") scan.skip();
    else if (key === "parameters") readToolSchema(draft);
    else draft.text.value(scan);
  }
}
