import { KeySet } from "../../core/key-set.ts";
import { enterArray, readText } from "../read-field.ts";
import type { RequestDraft } from "../request-draft.ts";
import { readToolSchema } from "../tool-schema.ts";
import { checkType } from "../type-table.ts";
import { toolTypes } from "./types.ts";

const toolKeys = new KeySet(["type", "name", "description", "parameters", "tools", "strict"]);

/** Reads `tools`, or those that a namespace holds: what they say of themselves counts as it is written. */
export function readTools(draft: RequestDraft): void {
  const scan = draft.scan;
  if (!enterArray(scan, "tools")) return;
  while (scan.nextItem()) {
    draft.tools += 1;
    if (scan.kind() === "object") readTool(draft);
    else draft.text.value(scan);
  }
}

function readTool(draft: RequestDraft): void {
  const scan = draft.scan;
  let type: string | undefined;
  scan.enter();
  for (let key = scan.nextKey(toolKeys); key !== undefined; key = scan.nextKey(toolKeys)) {
    if (key === "type") type = readText(scan, "tools[].type");
    else if (key === "strict") scan.skip();
    else if (key === "tools") readTools(draft);
    else if (key === "parameters") readToolSchema(draft);
    else draft.text.value(scan);
  }
  checkType(toolTypes, type, "tools[]");
}
