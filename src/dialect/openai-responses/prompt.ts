import { KeySet } from "../../core/key-set.ts";
import { enterArray, type Place, readPlace, readText } from "../read-field.ts";
import type { RequestDraft } from "../request-draft.ts";
import { readToolSchema } from "../tool-schema.ts";
import { uncountable } from "../uncountable.ts";

const itemKeys = new KeySet([
  "type",
  "id",
  "role",
  "status",
  "call_id",
  "content",
  "output",
  "summary",
  "encrypted_content",
]);
const partKeys = new KeySet([
  "type",
  "text",
  "image_url",
  "detail",
  "file_id",
  "file_data",
  "file_url",
  "filename",
  "annotations",
  "logprobs",
]);

/** Members of a tool that are no text of the prompt. */
const unbilledMembers: ReadonlySet<string> = new Set(["type", "strict"]);

/** Reads `input`: text, or a list of items. */
export function readInput(draft: RequestDraft): void {
  const scan = draft.scan;
  if (scan.kind() !== "array") {
    draft.text.value(scan);
    draft.messages = 1;
  } else {
    scan.enter();
    while (scan.nextItem()) {
      draft.messages += 1;
      if (scan.kind() === "object") readItem(draft);
      else draft.text.value(scan);
    }
  }
}

function readItem(draft: RequestDraft): void {
  const scan = draft.scan;
  let hasId = false;
  let hasSubstance = false;
  scan.enter();
  for (let key = scan.nextKey(itemKeys); key !== undefined; key = scan.nextKey(itemKeys)) {
    if (key === "id") hasId = true;
    else if (key !== "type") hasSubstance = true;
    readItemMember(key, draft);
  }
  if (hasId && !hasSubstance) throw uncountable("input[].id");
}

function readItemMember(key: (typeof itemKeys.names)[number] | "", draft: RequestDraft): void {
  const { scan, text } = draft;
  switch (key) {
    case "content":
    case "output":
    case "summary":
      readParts(draft);
      return;
    case "encrypted_content":
      scan.skip();
      draft.otherTokens += Math.ceil((scan.end - scan.start) / charsPerEncryptedToken);
      return;
    case "":
      text.value(scan);
      return;
    default:
      scan.skip();
  }
}

function readParts(draft: RequestDraft): void {
  const scan = draft.scan;
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
  const { scan, text } = draft;
  let type: string | undefined;
  let detail: string | undefined;
  let hasFileId = false;
  let isImage = false;
  let image: Place | undefined;
  scan.enter();
  for (let key = scan.nextKey(partKeys); key !== undefined; key = scan.nextKey(partKeys)) {
    if (key === "type") type = readText(scan, "input[].content[].type");
    else if (key === "detail") detail = readText(scan, "input[].content[].detail");
    else if (key === "text" || key === "") text.value(scan);
    else if (key === "image_url") {
      isImage = scan.kind() !== "null";
      image = readPlace(scan);
    } else if (key === "file_data") {
      const place = readPlace(scan);
      if (place !== undefined) draft.addDocument(place);
    } else if (key === "file_url" && scan.kind() !== "null") throw uncountable("input[].content[].file_url");
    else {
      if (key === "file_id" && scan.kind() === "string") hasFileId = true;
      scan.skip();
    }
  }
  if (isImage || type === "input_image") draft.addImage(image, detail);
  else if (hasFileId) throw uncountable("input[].content[].file_id");
}

/** Reads `tools`: what functions say of themselves counts as it is written; tools of OpenAI's own are held at their definition. */
export function readTools(draft: RequestDraft): void {
  const scan = draft.scan;
  if (!enterArray(scan, "tools")) return;
  while (scan.nextItem()) {
    draft.tools += 1;
    if (scan.kind() !== "object") {
      draft.text.value(scan);
      continue;
    }
    scan.enter();
    for (let key = scan.nextKey(toolKeys); key !== undefined; key = scan.nextKey(toolKeys)) {
      if (key === "" && unbilledMembers.has(scan.text())) scan.skip();
      else if (key === "parameters") readToolSchema(draft);
      else draft.text.value(scan);
    }
  }
}

const toolKeys = new KeySet(["name", "description", "parameters"]);
/** Characters of encrypted reasoning held as one token: it is base64 of text and more. */
const charsPerEncryptedToken = 4;
