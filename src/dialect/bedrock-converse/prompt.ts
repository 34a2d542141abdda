import { KeySet } from "../../core/key-set.ts";
import { enterArray, enterObject, invalid } from "../read-field.ts";
import type { RequestDraft } from "../request-draft.ts";
import { uncountable } from "../uncountable.ts";

/** Overheads in tokens: estimates, taken from Claude's, the family with the dearest tools (reference/tokenizers.md §8). */
const perMessageTokens = 4;
const promptTokens = 4;
const toolPromptTokens = 549;
const perToolTokens = 53;
/** The most one image takes with the families Bedrock serves (Claude's 1,600). */
const imageTokens = 1600;
/** Base64 characters of a document held as one token: as if all of it were text. */
const charsPerDocumentToken = 4;
/** Base64 characters of video held as one token: 290 tokens a second at 1 MB a second and more. */
const charsPerVideoToken = 1000;

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
const specKeys = new KeySet(["name", "description", "inputSchema", "strict"]);

/** Reads `messages`: what counts as text, and how many tokens go on top of it. */
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
  draft.overheadTokens += draft.messages * perMessageTokens + promptTokens;
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
      draft.images += 1;
      draft.overheadTokens += imageTokens;
      scan.skip();
      return;
    case "document":
      readMedia(draft, charsPerDocumentToken);
      return;
    case "video":
      readMedia(draft, charsPerVideoToken);
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

function readMedia(draft: RequestDraft, charsPerToken: number): void {
  const { scan, text } = draft;
  if (!enterObject(scan, "document")) return;
  for (let key = scan.nextKey(mediaKeys); key !== undefined; key = scan.nextKey(mediaKeys)) {
    if (key === "source" && scan.kind() === "object") readSource(draft, charsPerToken);
    else if (key === "format" || key === "citations") scan.skip();
    else text.value(scan);
  }
}

function readSource(draft: RequestDraft, charsPerToken: number): void {
  const scan = draft.scan;
  scan.enter();
  for (let key = scan.nextKey(sourceKeys); key !== undefined; key = scan.nextKey(sourceKeys)) {
    if (key === "s3Location") throw uncountable("messages[].content[].source.s3Location");
    if (key === "bytes") {
      scan.skip();
      draft.overheadTokens += Math.ceil((scan.end - scan.start) / charsPerToken);
    } else draft.text.value(scan);
  }
}

/** Reads `toolConfig`: names, descriptions and schemas count as they are written. */
export function readTools(draft: RequestDraft): void {
  const scan = draft.scan;
  if (!enterObject(scan, "toolConfig")) return;
  for (let key = scan.nextKey(toolConfigKeys); key !== undefined; key = scan.nextKey(toolConfigKeys)) {
    if (key !== "tools") scan.skip();
    else if (enterArray(scan, "toolConfig.tools")) while (scan.nextItem()) readTool(draft);
  }
  if (draft.tools > 0) draft.overheadTokens += toolPromptTokens + draft.tools * perToolTokens;
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
        else text.value(scan);
      }
    } else text.value(scan);
  }
}
