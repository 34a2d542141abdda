import { KeySet } from "../../core/key-set.ts";
import { enterArray, enterObject, invalid, readText } from "../read-field.ts";
import type { RequestDraft } from "../request-draft.ts";
import { uncountable } from "../uncountable.ts";

/** Overheads of Claude's format in tokens: estimates, as Anthropic publishes none (reference/tokenizers.md §8, ai-tokenizer's fit for tools). */
const perMessageTokens = 4;
const promptTokens = 4;
const toolPromptTokens = 549;
const perToolTokens = 53;
/** The most one image takes: 1568 px on its long edge (reference/tokenizers.md §8). */
const imageTokens = 1600;
/** Base64 characters of a document held as one token: as if all of it were text. */
const charsPerDocumentToken = 4;

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

/** Reads `messages`: what counts as text, and how many tokens go on top of it. */
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
  draft.overheadTokens += draft.messages * perMessageTokens + promptTokens;
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
  let isImage = false;
  let byUrl = false;
  scan.enter();
  for (let key = scan.nextKey(blockKeys); key !== undefined; key = scan.nextKey(blockKeys)) {
    if (key === "type") type = readText(scan, "messages[].content[].type");
    else if (key === "source" && scan.kind() === "object") {
      const source = readSource(draft);
      isImage = source.isImage;
      byUrl = source.byUrl;
    } else if (key === "content") readContent(draft);
    else if (key === "file_id") throw uncountable("messages[].content[].file_id");
    else if (key === "" && unbilledMembers.has(scan.text())) scan.skip();
    else draft.text.value(scan);
  }
  if (isImage || type === "image") {
    draft.images += 1;
    draft.overheadTokens += imageTokens;
  } else if (byUrl) throw uncountable("messages[].content[].source.url");
}

/** Reads an image's or document's source; what it is may be told before or after its data. */
function readSource(draft: RequestDraft): { readonly isImage: boolean; readonly byUrl: boolean } {
  const { scan, text } = draft;
  let media: string | undefined;
  let byUrl = false;
  let base64Chars = 0;
  scan.enter();
  for (let key = scan.nextKey(sourceKeys); key !== undefined; key = scan.nextKey(sourceKeys)) {
    if (key === "file_id") throw uncountable("messages[].content[].source.file_id");
    if (key === "media_type") media = readText(scan, "messages[].content[].source.media_type");
    else if (key === "content") readContent(draft);
    else if (key === "data" && media?.startsWith("text/") === true) text.value(scan);
    else {
      if (key === "url") byUrl = true;
      scan.skip();
      if (key === "data") base64Chars = scan.end - scan.start;
    }
  }
  const isImage = media?.startsWith("image/") === true;
  if (!isImage) draft.overheadTokens += Math.ceil(base64Chars / charsPerToken(media));
  return { isImage, byUrl };
}

/** Text whose type came after it was not marked as a span: held as one token a byte, which no text exceeds. */
function charsPerToken(media: string | undefined): number {
  return media?.startsWith("text/") === true ? 1 : charsPerDocumentToken;
}

/** Reads `tools`: names, descriptions and schemas count as they are written. */
export function readTools(draft: RequestDraft): void {
  const scan = draft.scan;
  if (!enterArray(scan, "tools")) return;
  while (scan.nextItem()) {
    draft.tools += 1;
    if (!enterObject(scan, "tools[]")) continue;
    for (let key = scan.nextKey(toolKeys); key !== undefined; key = scan.nextKey(toolKeys)) {
      if (key === "type" || (key === "" && unbilledMembers.has(scan.text()))) scan.skip();
      else draft.text.value(scan);
    }
  }
  if (draft.tools > 0) draft.overheadTokens += toolPromptTokens + draft.tools * perToolTokens;
}
