import { KeySet } from "../../core/key-set.ts";
import { enterArray, enterObject, invalid, type Place, readPlace } from "../read-field.ts";
import type { RequestDraft } from "../request-draft.ts";
import { readToolSchema } from "../tool-schema.ts";
import { uncountable } from "../uncountable.ts";

const messageKeys = new KeySet(["role", "content"]);
const blockKeys = new KeySet([
  "text",
  "image",
  "document",
  "video",
  "toolUse",
  "toolResult",
  "reasoningContent",
  "guardContent",
  "cachePoint",
]);
const mediaKeys = new KeySet(["format", "name", "source", "context", "citations"]);
const sourceKeys = new KeySet(["bytes", "text", "content", "s3Location"]);
const useKeys = new KeySet(["toolUseId", "name", "input", "type"]);
const resultKeys = new KeySet(["toolUseId", "content", "status", "type"]);
const toolConfigKeys = new KeySet(["tools", "toolChoice"]);
const toolKeys = new KeySet(["toolSpec", "cachePoint", "systemTool"]);
const inputSchemaKeys = new KeySet(["json"]);
const specKeys = new KeySet(["name", "description", "inputSchema", "strict"]);

/** Reads `messages`: what counts as text, and what else there is. */
export function readMessages(draft: RequestDraft): void {
  const scan = draft.scan;
  if (!enterArray(scan, "messages")) throw invalid("messages", "must be an array");
  while (scan.nextItem()) {
    draft.messages += 1;
    if (!enterObject(scan, "messages[]")) throw invalid("messages[]", "must be an object");
    for (let key = scan.nextKey(messageKeys); key !== undefined; key = scan.nextKey(messageKeys)) {
      if (key === "role") scan.skip();
      else if (key === "content") readContent(draft, "messages[].content");
      else draft.text.value(scan);
    }
  }
}

/** Reads a list of content blocks. */
export function readContent(draft: RequestDraft, param: string): void {
  const scan = draft.scan;
  if (!enterArray(scan, param)) return;
  while (scan.nextItem()) {
    if (!enterObject(scan, `${param}[]`)) throw invalid(`${param}[]`, "must be an object");
    for (let key = scan.nextKey(blockKeys); key !== undefined; key = scan.nextKey(blockKeys))
      readBlock(key, draft);
  }
}

function readBlock(key: (typeof blockKeys.names)[number] | "", draft: RequestDraft): void {
  const { scan, text } = draft;
  if (scan.kind() === "null") {
    scan.skip();
    return;
  }
  switch (key) {
    case "image":
      readMedia(draft, "image");
      return;
    case "document":
      readMedia(draft, "document");
      return;
    case "video":
      readMedia(draft, "video");
      return;
    case "toolUse":
      if (!enterObject(scan, "toolUse")) return;
      for (let member = scan.nextKey(useKeys); member !== undefined; member = scan.nextKey(useKeys)) {
        if (member === "toolUseId" || member === "type") scan.skip();
        else text.value(scan);
      }
      return;
    case "toolResult":
      readResult(draft);
      return;
    case "cachePoint":
      scan.skip();
      return;
    default:
      text.value(scan);
  }
}

function readResult(draft: RequestDraft): void {
  const scan = draft.scan;
  if (!enterObject(scan, "toolResult")) return;
  for (let key = scan.nextKey(resultKeys); key !== undefined; key = scan.nextKey(resultKeys)) {
    if (key === "content") readContent(draft, "toolResult.content");
    else if (key === "") draft.text.value(scan);
    else scan.skip();
  }
}

function readMedia(draft: RequestDraft, medium: Medium): void {
  const { scan, text } = draft;
  if (!enterObject(scan, medium)) return;
  for (let key = scan.nextKey(mediaKeys); key !== undefined; key = scan.nextKey(mediaKeys)) {
    if (key === "source" && scan.kind() === "object") readSource(draft, medium);
    else if (key === "format" || key === "citations") scan.skip();
    else text.value(scan);
  }
}

function readSource(draft: RequestDraft, medium: Medium): void {
  const scan = draft.scan;
  scan.enter();
  for (let key = scan.nextKey(sourceKeys); key !== undefined; key = scan.nextKey(sourceKeys)) {
    if (key === "s3Location") {
      // An image weighs what its table says at most, wherever it is.
      if (medium !== "image") throw uncountable("messages[].content[].source.s3Location");
      scan.skip();
      draft.addImage();
      continue;
    }
    if (key !== "bytes") {
      draft.text.value(scan);
      continue;
    }
    const place = readPlace(scan);
    if (place !== undefined) addMedium(draft, medium, place);
  }
}

type Medium = "image" | "document" | "video";

function addMedium(draft: RequestDraft, medium: Medium, place: Place): void {
  switch (medium) {
    case "image":
      draft.addImage(place);
      return;
    case "document":
      draft.addDocument(place);
      return;
    case "video":
      draft.addVideo(place);
  }
}

/** Reads `toolConfig`: names, descriptions and schemas. */
export function readTools(draft: RequestDraft): void {
  const scan = draft.scan;
  if (!enterObject(scan, "toolConfig")) return;
  for (let key = scan.nextKey(toolConfigKeys); key !== undefined; key = scan.nextKey(toolConfigKeys)) {
    if (key !== "tools") scan.skip();
    else if (enterArray(scan, "toolConfig.tools")) while (scan.nextItem()) readTool(draft);
  }
}

function readTool(draft: RequestDraft): void {
  const { scan, text } = draft;
  if (!enterObject(scan, "toolConfig.tools[]")) return;
  for (let key = scan.nextKey(toolKeys); key !== undefined; key = scan.nextKey(toolKeys)) {
    if (key === "cachePoint") scan.skip();
    else if (scan.kind() === "object") {
      draft.tools += 1;
      scan.enter();
      for (let member = scan.nextKey(specKeys); member !== undefined; member = scan.nextKey(specKeys)) {
        if (member === "strict") scan.skip();
        else if (member === "inputSchema") readInputSchema(draft);
        else text.value(scan);
      }
    } else text.value(scan);
  }
}

function readInputSchema(draft: RequestDraft): void {
  const { scan, text } = draft;
  if (scan.kind() !== "object") {
    text.value(scan);
    return;
  }
  scan.enter();
  for (let key = scan.nextKey(inputSchemaKeys); key !== undefined; key = scan.nextKey(inputSchemaKeys)) {
    if (key === "json") readToolSchema(draft);
    else text.value(scan);
  }
}
