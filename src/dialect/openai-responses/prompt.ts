import { KeySet } from "../../core/key-set.ts";
import { type ByteRange, enterObject, invalid, readRange, readText } from "../read-field.ts";
import type { RequestDraft } from "../request-draft.ts";
import { readInline, refuseStored } from "../stored-content.ts";
import { checkType } from "../type-table.ts";
import { uncountable } from "../uncountable.ts";
import { itemTypes, partTypes } from "./types.ts";

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
type ItemKey = (typeof itemKeys.names)[number];
const partKeys = new KeySet([
  "type",
  "text",
  "image_url",
  "detail",
  "file_id",
  "file_data",
  "file_url",
  "filename",
  "input_audio",
  "annotations",
  "logprobs",
]);
const audioKeys = new KeySet(["data", "format"]);

const partPath = "input[].content[]";

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

/** The deciding facts of an item, known once all its members are read: its type may come last. */
interface Item {
  type: string | undefined;
  /** Members that say something, not null. */
  readonly has: Set<ItemKey>;
}

function readItem(draft: RequestDraft): void {
  const scan = draft.scan;
  const item: Item = { type: undefined, has: new Set() };
  scan.enter();
  for (let key = scan.nextKey(itemKeys); key !== undefined; key = scan.nextKey(itemKeys)) {
    if (key !== "" && scan.kind() !== "null") item.has.add(key);
    if (key === "type") item.type = readText(scan, "input[].type");
    else readItemMember(key, draft);
  }
  checkItem(item);
  if (isStoredReasoning(item)) draft.storedReasonings += 1;
}

/** OpenAI takes an item without a type for a message if it can, else for a reference to a stored item. */
function checkItem({ type, has }: Item): void {
  if (type === "item_reference") throw uncountable("an item_reference", "input[].id");
  if (type === undefined && has.has("id") && !has.has("content")) throw uncountable("input[].id");
  checkType(itemTypes, type ?? (has.has("role") && has.has("content") ? "message" : undefined), "input[]");
}

/** OpenAI looks up reasoning by its id where its `encrypted_content` does not come along: agents that let it store answers send it so. */
function isStoredReasoning({ type, has }: Item): boolean {
  return type === "reasoning" && has.has("id") && !has.has("encrypted_content");
}

function readItemMember(key: Exclude<ItemKey, "type"> | "", draft: RequestDraft): void {
  const { scan, text } = draft;
  switch (key) {
    case "content":
    case "output":
    case "summary":
      readParts(draft);
      return;
    case "encrypted_content":
      draft.sealed();
      return;
    case "call_id":
      draft.callId();
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
  const { scan, text } = draft;
  let type: string | undefined;
  let detail: string | undefined;
  let isImage = false;
  let image: ByteRange | undefined;
  scan.enter();
  for (let key = scan.nextKey(partKeys); key !== undefined; key = scan.nextKey(partKeys)) {
    switch (key) {
      case "type":
        type = readText(scan, `${partPath}.type`);
        break;
      case "detail":
        detail = readText(scan, `${partPath}.detail`);
        break;
      case "image_url":
        isImage = scan.kind() !== "null";
        image = readRange(scan);
        break;
      case "file_data":
        readFile(draft);
        break;
      case "input_audio":
        readAudio(draft);
        break;
      case "file_id":
      case "file_url":
        refuseStored(scan, `${partPath}.${key}`);
        break;
      case "annotations":
      case "logprobs":
        scan.skip();
        break;
      default:
        text.value(scan);
    }
  }
  checkType(partTypes, type, partPath);
  if (type === "input_image" && !isImage) throw invalid(`${partPath}.image_url`, "is missing");
  if (isImage) draft.addImage(image, detail);
}

function readFile(draft: RequestDraft): void {
  const place = readInline(draft.scan, `${partPath}.file_data`);
  if (place !== undefined) draft.addDocument(place);
}

function readAudio(draft: RequestDraft): void {
  const { scan, text } = draft;
  let format = "";
  let data: ByteRange | undefined;
  if (!enterObject(scan, `${partPath}.input_audio`)) return;
  for (let key = scan.nextKey(audioKeys); key !== undefined; key = scan.nextKey(audioKeys)) {
    if (key === "format") format = readText(scan, `${partPath}.input_audio.format`) ?? "";
    else if (key === "data") data = readInline(scan, `${partPath}.input_audio.data`);
    else text.value(scan);
  }
  if (data !== undefined) draft.addAudio(data, format);
}
