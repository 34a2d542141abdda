import { KeySet } from "../../core/key-set.ts";
import { enterArray, enterObject, readText } from "../read-field.ts";
import type { RequestDraft } from "../request-draft.ts";
import { checkType } from "../type-table.ts";
import { contextEditTypes } from "./types.ts";

const managementKeys = new KeySet(["edits"]);
const editKeys = new KeySet(["type"]);
const path = "context_management.edits";

/** Reads `context_management`: which edits the vendor makes of the context before the model reads it. */
export function readContextEdits(draft: RequestDraft): void {
  const { scan, text } = draft;
  if (!enterObject(scan, "context_management")) return;
  for (let key = scan.nextKey(managementKeys); key !== undefined; key = scan.nextKey(managementKeys)) {
    if (key === "") text.value(scan);
    else if (enterArray(scan, path)) while (scan.nextItem()) readEdit(draft);
  }
}

function readEdit({ scan }: RequestDraft): void {
  let type: string | undefined;
  if (!enterObject(scan, `${path}[]`)) return;
  for (let key = scan.nextKey(editKeys); key !== undefined; key = scan.nextKey(editKeys)) {
    if (key === "type") type = readText(scan, `${path}[].type`);
    else scan.skip();
  }
  checkType(contextEditTypes, type, `${path}[]`);
}
