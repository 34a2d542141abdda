import { appendAll } from "../../core/append-all.ts";
import { KeySet } from "../../core/key-set.ts";
import { enterArray, readText } from "../read-field.ts";
import type { RequestDraft } from "../request-draft.ts";
import { readToolSchema } from "../tool-schema.ts";
import { checkType, undated } from "../type-table.ts";
import { flatName, type OwnTool, type OwnTools } from "./own-tools.ts";
import { optionalToolTypes, toolTypes } from "./types.ts";

const toolKeys = new KeySet(["type", "name", "description", "parameters", "tools", "strict"]);

/** Reads `tools`: what they say of themselves counts as it is written. Returns those that other formats call differently. */
export function readTools(draft: RequestDraft): OwnTools {
  const own = new Map<string, OwnTool>();
  for (const tool of readList(draft, false))
    if (tool.kind === "custom" || tool.namespace !== undefined)
      own.set(flatName(tool.namespace, tool.name), tool);
  return own;
}

function readList(draft: RequestDraft, inNamespace: boolean): readonly OwnTool[] {
  const scan = draft.scan;
  const tools: OwnTool[] = [];
  if (!enterArray(scan, "tools")) return tools;
  while (scan.nextItem()) {
    draft.tools += 1;
    if (scan.kind() === "object") appendAll(tools, readTool(draft, inNamespace));
    else draft.text.value(scan);
  }
  return tools;
}

/** A tool, or those of a namespace. */
function readTool(draft: RequestDraft, inNamespace: boolean): readonly OwnTool[] {
  const scan = draft.scan;
  let type: string | undefined;
  let name: string | undefined;
  let held: readonly OwnTool[] = [];
  scan.enter();
  for (let key = scan.nextKey(toolKeys); key !== undefined; key = scan.nextKey(toolKeys)) {
    if (key === "type") type = readText(scan, "tools[].type");
    else if (key === "strict") scan.skip();
    else if (key === "tools") held = readList(draft, true);
    else if (key === "parameters") readToolSchema(draft);
    else {
      const isName = key === "name" && scan.kind() === "string";
      draft.text.value(scan);
      if (isName) name = scan.text();
    }
  }
  if (!inNamespace && type !== undefined && optionalToolTypes.has(undated(type))) {
    draft.hostedTool ??= `tools[] of type ${undated(type)}`;
    return [];
  }
  checkType(toolTypes, type, "tools[]");
  if (name === undefined) return [];
  if (type === "namespace") return held.map((tool) => ({ ...tool, namespace: name }));
  return [{ name, kind: type === "custom" ? "custom" : "function", namespace: undefined }];
}
