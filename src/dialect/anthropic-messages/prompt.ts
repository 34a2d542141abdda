import { KeySet } from "../../core/key-set.ts";
import { enterArray, enterObject, invalid, type Place, readPlace, readText } from "../read-field.ts";
import type { RequestDraft } from "../request-draft.ts";
import { readToolSchema } from "../tool-schema.ts";
import { uncountable } from "../uncountable.ts";

const messageKeys = new KeySet(["role", "content"]);
const blockKeys = new KeySet(["type", "text", "source", "content", "input", "name", "thinking", "file_id"]);
const sourceKeys = new KeySet(["type", "media_type", "data", "url", "file_id", "content"]);
const toolKeys = new KeySet(["type", "name", "description", "input_schema"]);

/** Members of a block or tool that are no text of the prompt. */
const unbilledMembers: ReadonlySet<string> = new Set([
  "id",
  "tool_use_id",
  "is_error",
  "cache_control",
  "citations",
  "signature",
  "strict",
  "defer_loading",
  "caller",
]);

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
  const scan = draft.scan;
  let type: string | undefined;
  let source: Source | undefined;
  scan.enter();
  for (let key = scan.nextKey(blockKeys); key !== undefined; key = scan.nextKey(blockKeys)) {
    if (key === "type") type = readText(scan, "messages[].content[].type");
    else if (key === "source" && scan.kind() === "object") source = readSource(draft);
    else if (key === "content") readContent(draft);
    else if (key === "file_id") throw uncountable("messages[].content[].file_id");
    else if (key === "" && unbilledMembers.has(scan.text())) scan.skip();
    else draft.text.value(scan);
  }
  if (type === "image" || source?.media?.startsWith("image/") === true) draft.addImage(source?.data);
  else if (source?.byUrl === true) throw uncountable("messages[].content[].source.url");
  else if (source?.data !== undefined) addDocument(draft, source.data, source.media);
}

/** An image's or document's source; `data` where it stands as base64 or text that was not taken as text. */
interface Source {
  readonly media: string | undefined;
  readonly byUrl: boolean;
  readonly data: Place | undefined;
}

/** Text whose type came after it was not marked as a span: held as one token a byte, which no text exceeds. */
function addDocument(draft: RequestDraft, data: Place, media: string | undefined): void {
  if (media?.startsWith("text/") === true) draft.otherTokens += data.end - data.start;
  else draft.addDocument(data);
}

/** Reads an image's or document's source; what it is may be told before or after its data. */
function readSource(draft: RequestDraft): Source {
  const { scan, text } = draft;
  let media: string | undefined;
  let byUrl = false;
  let data: Place | undefined;
  scan.enter();
  for (let key = scan.nextKey(sourceKeys); key !== undefined; key = scan.nextKey(sourceKeys)) {
    if (key === "file_id") throw uncountable("messages[].content[].source.file_id");
    if (key === "media_type") media = readText(scan, "messages[].content[].source.media_type");
    else if (key === "content") readContent(draft);
    else if (key === "data" && media?.startsWith("text/") === true) text.value(scan);
    else if (key === "data") data = readPlace(scan);
    else {
      if (key === "url") byUrl = true;
      scan.skip();
    }
  }
  return { media, byUrl, data };
}

/** Reads `tools`: names, descriptions and schemas. */
export function readTools(draft: RequestDraft): void {
  const scan = draft.scan;
  if (!enterArray(scan, "tools")) return;
  while (scan.nextItem()) {
    draft.tools += 1;
    if (!enterObject(scan, "tools[]")) continue;
    for (let key = scan.nextKey(toolKeys); key !== undefined; key = scan.nextKey(toolKeys)) {
      if (key === "type" || (key === "" && unbilledMembers.has(scan.text()))) scan.skip();
      else if (key === "input_schema") readToolSchema(draft);
      else draft.text.value(scan);
    }
  }
}
