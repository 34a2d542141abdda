import { KeySet } from "../../core/key-set.ts";
import {
  type ByteRange,
  enterArray,
  enterObject,
  invalid,
  readCount,
  readRange,
  readText,
} from "../read-field.ts";
import type { RequestDraft } from "../request-draft.ts";
import { refuseStored } from "../stored-content.ts";
import { readToolSchema } from "../tool-schema.ts";
import { checkType } from "../type-table.ts";
import { uncountable } from "../uncountable.ts";
import { blockTypes, ownToolTokens, searchToolType, sourceTypes, toolTypes } from "./types.ts";

const messageKeys = new KeySet(["role", "content"]);
const blockKeys = new KeySet([
  "type",
  "id",
  "text",
  "source",
  "content",
  "input",
  "name",
  "thinking",
  "signature",
  "data",
  "encrypted_content",
  "tool_use_id",
  "file_id",
]);
const sourceKeys = new KeySet(["type", "media_type", "data", "url", "file_id", "content"]);
const toolKeys = new KeySet(["type", "name", "description", "input_schema", "max_uses"]);
/** A request may search so often at most. */
const searchesMax = 100;

/** Members of a block or tool that are no text of the prompt. */
const unbilledMembers: ReadonlySet<string> = new Set([
  "is_error",
  "cache_control",
  "citations",
  "strict",
  "defer_loading",
  "caller",
]);

const blockPath = "messages[].content[]";

/** Reads `messages`: what counts as text, and what else there is. */
export function readMessages(draft: RequestDraft): void {
  const scan = draft.scan;
  if (!enterArray(scan, "messages")) throw invalid("messages", "must be an array");
  while (scan.nextItem()) {
    draft.messages += 1;
    if (!enterObject(scan, "messages[]")) throw invalid("messages[]", "must be an object");
    for (let key = scan.nextKey(messageKeys); key !== undefined; key = scan.nextKey(messageKeys)) {
      if (key === "role") scan.skip();
      else if (key === "content") readContent(draft);
      else draft.text.value(scan);
    }
  }
}

/** Reads `content` or `system`: text, or a list of blocks. */
export function readContent(draft: RequestDraft): void {
  const scan = draft.scan;
  if (scan.kind() === "object") {
    readBlock(draft);
    return;
  }
  if (scan.kind() !== "array") {
    draft.text.value(scan);
    return;
  }
  scan.enter();
  while (scan.nextItem()) {
    if (scan.kind() === "object") readBlock(draft);
    else draft.text.value(scan);
  }
}

function readBlock(draft: RequestDraft): void {
  const { scan, text } = draft;
  let type: string | undefined;
  let source: Source | undefined;
  scan.enter();
  for (let key = scan.nextKey(blockKeys); key !== undefined; key = scan.nextKey(blockKeys)) {
    switch (key) {
      case "type":
        type = readText(scan, `${blockPath}.type`);
        break;
      case "source":
        if (scan.kind() === "object") source = readSource(draft);
        else text.value(scan);
        break;
      case "content":
        readContent(draft);
        break;
      case "signature":
      case "encrypted_content":
      case "data":
        // All of the thinking, sealed, of which the text may be a summary.
        draft.sealed();
        break;
      case "id":
      case "tool_use_id":
        draft.callId();
        break;
      case "file_id":
        refuseStored(scan, `${blockPath}.file_id`);
        break;
      case "":
        if (unbilledMembers.has(scan.text())) scan.skip();
        else text.value(scan);
        break;
      default:
        text.value(scan);
    }
  }
  checkType(blockTypes, type, blockPath);
  if (source !== undefined) addSource(draft, source, type);
}

/** An image's or document's source; `data` where it stands as base64 or text that was not taken as text. */
interface Source {
  readonly type: string | undefined;
  readonly media: string | undefined;
  readonly data: ByteRange | undefined;
}

/** The block's own type says whether it is an image, whatever its source says it is. */
function addSource(draft: RequestDraft, { type, media, data }: Source, block: string | undefined): void {
  checkType(sourceTypes, type, `${blockPath}.source`);
  if (block === "image") draft.addImage(data);
  else if (type === "url") throw uncountable(`${blockPath}.source.url`);
  else if (data === undefined) return;
  // Text whose type came after it was not marked as a span: held as one token a byte, which no text exceeds.
  else if (type === "text" || media?.startsWith("text/") === true) draft.otherTokens += data.end - data.start;
  else draft.addDocument(data);
}

/** Reads an image's or document's source; what it is may be told before or after its data. */
function readSource(draft: RequestDraft): Source {
  const { scan, text } = draft;
  let type: string | undefined;
  let media: string | undefined;
  let data: ByteRange | undefined;
  scan.enter();
  for (let key = scan.nextKey(sourceKeys); key !== undefined; key = scan.nextKey(sourceKeys)) {
    if (key === "file_id") refuseStored(scan, `${blockPath}.source.file_id`);
    else if (key === "type") type = readText(scan, `${blockPath}.source.type`);
    else if (key === "media_type") media = readText(scan, `${blockPath}.source.media_type`);
    else if (key === "content") readContent(draft);
    else if (key === "data" && type === "text") text.value(scan);
    else if (key === "data") data = readRange(scan);
    else if (key === "url") scan.skip();
    else text.value(scan);
  }
  return { type, media, data };
}

/** Reads `tools`: names, descriptions and schemas. */
export function readTools(draft: RequestDraft): void {
  const scan = draft.scan;
  if (!enterArray(scan, "tools")) return;
  while (scan.nextItem()) {
    draft.tools += 1;
    if (enterObject(scan, "tools[]")) readTool(draft);
  }
}

function readTool(draft: RequestDraft): void {
  const scan = draft.scan;
  // The client's own tools need not say that they are.
  let type = "custom";
  let uses: number | undefined;
  for (let key = scan.nextKey(toolKeys); key !== undefined; key = scan.nextKey(toolKeys)) {
    if (key === "type") type = readText(scan, "tools[].type") ?? type;
    else if (key === "" && unbilledMembers.has(scan.text())) scan.skip();
    else if (key === "input_schema") readToolSchema(draft);
    else if (key === "max_uses") uses = readCount(scan, "tools[].max_uses", 1, searchesMax);
    else draft.text.value(scan);
  }
  if (type === searchToolType) addSearches(draft, uses);
  else checkType(toolTypes, type, "tools[]");
  if (type !== "custom") draft.otherTokens += ownToolTokens;
}

/** A search is billed, and so is what it finds: only so many can be held. */
function addSearches(draft: RequestDraft, uses: number | undefined): void {
  if (uses === undefined)
    throw invalid(
      "tools[].max_uses",
      "is missing: a web_search can be held only if the number of searches is limited",
    );
  draft.searches = (draft.searches ?? 0) + uses;
}
