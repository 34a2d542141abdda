import { GatewayError } from "../../core/errors.ts";
import { KeySet } from "../../core/key-set.ts";
import { enterArray, enterObject } from "../read-field.ts";
import { foldedKey, refusalOf, refusedMembers } from "../refused-members.ts";
import type { RequestDraft } from "../request-draft.ts";
import { readToolSchema } from "../tool-schema.ts";

const toolKeys = new KeySet(["functionDeclarations", "function_declarations"]);

/** Members of a declaration that hold a schema; the `response` of a function is one, too. */
const schemaNames: ReadonlySet<string> = new Set([
  "parameters",
  "parametersJsonSchema",
  "parameters_json_schema",
  "response",
  "responseJsonSchema",
  "response_json_schema",
]);

/** Tools that Google runs: grounding is billed by the search, what it reads by the token (ai.google.dev/gemini-api/docs/pricing and the SDK 2.32, 2026-11-30). */
const hostedTools = refusedMembers({
  hosted: [
    "googleSearch",
    "googleSearchRetrieval",
    "googleMaps",
    "enterpriseWebSearch",
    "exaAiSearch",
    "parallelAiSearch",
    "urlContext",
    "codeExecution",
    "computerUse",
    "fileSearch",
    "retrieval",
    "mcpServers",
  ],
});

/** Reads `tools`: names, descriptions and schemas of functions. */
export function readTools(draft: RequestDraft): void {
  const scan = draft.scan;
  if (!enterArray(scan, "tools")) return;
  while (scan.nextItem()) {
    if (!enterObject(scan, "tools[]")) continue;
    for (let key = scan.nextKey(toolKeys); key !== undefined; key = scan.nextKey(toolKeys)) {
      if (key === "") refuseTool(draft);
      else if (scan.kind() === "array") readDeclarations(draft);
      else draft.text.value(scan);
    }
  }
}

/** An empty object is a tool with nothing to set, not the lack of one; null is. */
function refuseTool({ scan }: RequestDraft): void {
  const name = scan.text();
  const isEmpty = scan.kind() === "null";
  const hosted = hostedTools.get(foldedKey(name));
  scan.skip();
  if (isEmpty) return;
  if (hosted !== undefined) throw refusalOf(hosted, `tools[].${name.slice(0, 64)}`);
  throw new GatewayError(
    "unsupported",
    "a tool of this kind cannot be counted; what can be is functionDeclarations",
    { param: "tools[]" },
  );
}

function readDeclarations(draft: RequestDraft): void {
  const { scan, text } = draft;
  scan.enter();
  while (scan.nextItem()) {
    draft.tools += 1;
    if (scan.kind() !== "object") {
      text.value(scan);
      continue;
    }
    scan.enter();
    for (let key = scan.nextName(); key !== undefined; key = scan.nextName()) {
      if (schemaNames.has(key)) readToolSchema(draft);
      else text.value(scan);
    }
  }
}
