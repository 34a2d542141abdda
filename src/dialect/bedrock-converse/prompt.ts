import { GatewayError, unreachable } from "../../core/errors.ts";
import { KeySet } from "../../core/key-set.ts";
import { type ByteRange, enterArray, enterObject, invalid, readRange, readText } from "../read-field.ts";
import type { RequestDraft } from "../request-draft.ts";
import { readToolSchema } from "../tool-schema.ts";
import { hosted } from "../type-table.ts";
import { uncountable } from "../uncountable.ts";

const messageKeys = new KeySet(["role", "content"]);
const blockKeys = new KeySet([
  "text",
  "json",
  "image",
  "document",
  "video",
  "audio",
  "toolUse",
  "toolResult",
  "reasoningContent",
  "guardContent",
  "citationsContent",
  "searchResult",
  "cachePoint",
  "toolAddition",
  "toolRemoval",
]);
const reasoningKeys = new KeySet(["reasoningText", "redactedContent"]);
const reasoningTextKeys = new KeySet(["text", "signature"]);
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
    case "document":
    case "video":
    case "audio":
      readMedia(draft, key);
      return;
    case "toolUse":
      if (!enterObject(scan, "toolUse")) return;
      for (let member = scan.nextKey(useKeys); member !== undefined; member = scan.nextKey(useKeys)) {
        if (member === "toolUseId") draft.callId();
        else if (member === "type") readUseType(draft, "toolUse");
        else text.value(scan);
      }
      return;
    case "toolResult":
      readResult(draft);
      return;
    case "reasoningContent":
      readReasoning(draft);
      return;
    case "cachePoint":
      scan.skip();
      return;
    case "guardContent":
      // Guardrails are billed by the text that they check.
      throw hosted("guardContent");
    case "text":
    case "json":
    case "citationsContent":
    case "searchResult":
      text.value(scan);
      return;
    case "toolAddition":
    case "toolRemoval":
      // They name tools that stand elsewhere.
      throw uncountable(`messages[].content[].${key}`);
    case "":
      throw new GatewayError(
        "unsupported",
        `a block of this kind cannot be counted; what can be is ${countedBlocks}`,
        {
          param: "messages[].content[]",
        },
      );
    default:
      unreachable(key);
  }
}

const refusedBlocks: ReadonlySet<string> = new Set(["guardContent", "toolAddition", "toolRemoval"]);
const countedBlocks = blockKeys.names.filter((name) => !refusedBlocks.has(name)).join(", ");

/** `server_tool_use` and its results come from tools that run at the vendor. */
function readUseType({ scan }: RequestDraft, param: string): void {
  const type = readText(scan, `${param}.type`);
  if (type !== undefined && type !== "tool_use" && type !== "tool_result") throw hosted(`${param}.type`);
}

function readReasoning(draft: RequestDraft): void {
  const { scan, text } = draft;
  if (!enterObject(scan, "reasoningContent")) return;
  for (let key = scan.nextKey(reasoningKeys); key !== undefined; key = scan.nextKey(reasoningKeys)) {
    if (key === "redactedContent") draft.sealed();
    else if (key === "" || scan.kind() !== "object") text.value(scan);
    else readReasoningText(draft);
  }
}

function readReasoningText(draft: RequestDraft): void {
  const { scan, text } = draft;
  scan.enter();
  for (let key = scan.nextKey(reasoningTextKeys); key !== undefined; key = scan.nextKey(reasoningTextKeys)) {
    if (key === "signature") draft.sealed();
    else text.value(scan);
  }
}

function readResult(draft: RequestDraft): void {
  const scan = draft.scan;
  if (!enterObject(scan, "toolResult")) return;
  for (let key = scan.nextKey(resultKeys); key !== undefined; key = scan.nextKey(resultKeys)) {
    if (key === "content") readContent(draft, "toolResult.content");
    else if (key === "toolUseId") draft.callId();
    else if (key === "type") readUseType(draft, "toolResult");
    else if (key === "") draft.text.value(scan);
    else scan.skip();
  }
}

function readMedia(draft: RequestDraft, medium: Media["medium"]): void {
  const { scan, text } = draft;
  const media: Media = { medium, format: "", bytes: undefined };
  if (!enterObject(scan, medium)) return;
  for (let key = scan.nextKey(mediaKeys); key !== undefined; key = scan.nextKey(mediaKeys)) {
    if (key === "source" && scan.kind() === "object") readSource(draft, media);
    else if (key === "format") media.format = readText(scan, `${medium}.format`) ?? "";
    else if (key === "citations") scan.skip();
    else text.value(scan);
  }
  addMedium(draft, media);
}

function readSource(draft: RequestDraft, media: Media): void {
  const scan = draft.scan;
  scan.enter();
  for (let key = scan.nextKey(sourceKeys); key !== undefined; key = scan.nextKey(sourceKeys)) {
    if (key === "s3Location" && scan.kind() !== "null") {
      // An image weighs what its table says at most, wherever it is.
      if (media.medium !== "image") throw uncountable("messages[].content[].source.s3Location");
      scan.skip();
      draft.addImage();
    } else if (key === "bytes") media.bytes = readRange(scan);
    else if (key === "content" && scan.kind() === "array") readContent(draft, "document.source.content");
    else draft.text.value(scan);
  }
}

/** A medium while it is read: its format may come after its bytes. */
interface Media {
  readonly medium: "image" | "document" | "video" | "audio";
  format: string;
  bytes: ByteRange | undefined;
}

function addMedium(draft: RequestDraft, { medium, format, bytes }: Media): void {
  if (bytes === undefined) return;
  switch (medium) {
    case "image":
      draft.addImage(bytes);
      return;
    case "document":
      draft.addDocument(bytes);
      return;
    case "video":
      draft.addVideo(bytes);
      return;
    case "audio":
      draft.addAudio(bytes, format);
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
    if (key === "cachePoint" || scan.kind() === "null") scan.skip();
    else if (key === "systemTool") throw hosted("toolConfig.tools[].systemTool");
    else if (key === "")
      throw new GatewayError(
        "unsupported",
        "a tool of this kind cannot be counted; what can be is toolSpec",
        {
          param: "toolConfig.tools[]",
        },
      );
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
