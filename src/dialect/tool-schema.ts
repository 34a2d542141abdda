import type { RequestDraft } from "./request-draft.ts";

/**
 * Reads a tool's JSON Schema that comes next, by what providers render of one: names and types of properties, descriptions and enumerated values.
 * The root's own type is not rendered. Unknown keywords count as written.
 */
export function readToolSchema(draft: RequestDraft): void {
  readSchema(draft, true);
}

function readSchema(draft: RequestDraft, isRoot = false): void {
  const { scan, text } = draft;
  if (scan.kind() !== "object") {
    text.value(scan);
    return;
  }
  scan.enter();
  for (let key = scan.nextName(); key !== undefined; key = scan.nextName()) {
    switch (key) {
      case "properties":
        readProperties(draft);
        break;
      case "items":
        readSchema(draft);
        break;
      case "anyOf":
        readAlternatives(draft);
        break;
      case "enum":
        readEnum(draft);
        break;
      case "required":
      case "$schema":
        scan.skip();
        break;
      case "type":
        if (isRoot) scan.skip();
        else text.value(scan);
        break;
      case "additionalProperties":
        if (scan.kind() === "object") readSchema(draft);
        else scan.skip();
        break;
      case "description":
        text.value(scan);
        break;
      default:
        text.key(scan);
        text.value(scan);
    }
  }
}

function readProperties(draft: RequestDraft): void {
  const { scan, text } = draft;
  if (scan.kind() !== "object") {
    text.value(scan);
    return;
  }
  draft.toolObjects += 1;
  scan.enter();
  while (scan.nextName() !== undefined) {
    draft.toolProperties += 1;
    text.key(scan);
    readSchema(draft);
  }
}

function readAlternatives(draft: RequestDraft): void {
  const { scan, text } = draft;
  if (scan.kind() !== "array") {
    text.value(scan);
    return;
  }
  scan.enter();
  while (scan.nextItem()) readSchema(draft);
}

function readEnum(draft: RequestDraft): void {
  const { scan, text } = draft;
  if (scan.kind() !== "array") {
    text.value(scan);
    return;
  }
  scan.enter();
  for (let first = true; scan.nextItem(); first = false) {
    if (!first) draft.toolEnumValues += 1;
    text.value(scan);
  }
}
