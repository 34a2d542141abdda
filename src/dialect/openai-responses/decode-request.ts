import type { RequestFacts } from "../dialect.ts";
import type { JsonObject } from "../json-view.ts";
import type { ModelRequest } from "../model-request.ts";
import { ModelRequestDraft } from "../model-request-draft.ts";
import { readEffort } from "../openai-options.ts";
import {
  asksForNothing,
  flagAt,
  isAbsent,
  listAt,
  numberAt,
  objectAt,
  onlyKnown,
  optional,
  textAt,
  untranslatable,
} from "../read-json.ts";
import { undated } from "../type-table.ts";
import { decodeInput } from "./decode-turns.ts";
import { readTextFormat } from "./output-format.ts";
import { customParameters, flatName } from "./own-tools.ts";
import { optionalToolTypes } from "./types.ts";

/** Members that change no answer, or only how it is billed, kept or found again. */
const harmless: ReadonlySet<string> = new Set([
  "user",
  "metadata",
  "client_metadata",
  "safety_identifier",
  "prompt_cache_key",
  "prompt_cache_options",
  "prompt_cache_retention",
  "service_tier",
  "store",
  "truncation",
  "include",
  "stream_options",
]);
/** Read from the bytes by `inspectResponses`, or the gateway's own. */
const decided: ReadonlySet<string> = new Set([
  "model",
  "stream",
  "max_output_tokens",
  "contract",
  "instructions",
]);

/** A Responses request without its wire format (https://developers.openai.com/api/reference/resources/responses). */
export function decodeResponsesRequest(body: JsonObject, _facts: RequestFacts): ModelRequest {
  const draft = new ModelRequestDraft();
  // First, since what stands before the turns is told from what stands behind.
  const instructions = optional(body.instructions, "instructions", textAt);
  if (instructions !== undefined)
    draft.addTurn("system", [{ type: "text", text: instructions }], "instructions");
  for (const name in body) {
    const value = body[name];
    if (isAbsent(value) || decided.has(name)) continue;
    if (harmless.has(name)) draft.drop(name);
    else decodeMember(draft, name, value);
  }
  return draft.done();
}

function decodeMember(draft: ModelRequestDraft, name: string, value: unknown): void {
  switch (name) {
    case "input":
      decodeInput(draft, value);
      return;
    case "tools":
      for (const [index, tool] of listAt(value, name).entries()) decodeTool(draft, tool, `tools[${index}]`);
      return;
    case "tool_choice":
      decodeToolChoice(draft, value);
      return;
    case "parallel_tool_calls":
      draft.parallelToolCalls = flagAt(value, name);
      if (!draft.parallelToolCalls) draft.use("single_tool_call", name);
      return;
    case "temperature":
      draft.temperature = numberAt(value, name);
      draft.use("temperature", name);
      return;
    case "top_p":
      draft.topP = numberAt(value, name);
      draft.use("top_p", name);
      return;
    case "reasoning":
      decodeReasoning(draft, objectAt(value, name));
      return;
    case "text":
      decodeText(draft, objectAt(value, name));
      return;
    default:
      if (!asksForNothing(value)) throw untranslatable(name);
  }
}

const toolKeys: ReadonlySet<string> = new Set(["type", "name", "description", "parameters", "strict"]);
const customKeys: ReadonlySet<string> = new Set(["type", "name", "description", "format"]);
const namespaceKeys: ReadonlySet<string> = new Set(["type", "name", "description", "tools"]);

function decodeTool(draft: ModelRequestDraft, value: unknown, field: string, namespace?: string): void {
  const tool = objectAt(value, field);
  if (namespace === undefined && isOptional(tool.type)) {
    draft.drop(field);
    return;
  }
  switch (tool.type) {
    case "function":
      onlyKnown(tool, toolKeys, field);
      draft.addTool({
        name: flatName(namespace, textAt(tool.name, `${field}.name`)),
        description: optional(tool.description, `${field}.description`, textAt),
        parameters: optional(tool.parameters, `${field}.parameters`, objectAt),
        strict: optional(tool.strict, `${field}.strict`, flagAt),
        field,
      });
      return;
    case "custom":
      onlyKnown(tool, customKeys, field);
      draft.addTool({
        name: flatName(namespace, textAt(tool.name, `${field}.name`)),
        description: optional(tool.description, `${field}.description`, textAt),
        parameters: customParameters(optional(tool.format, `${field}.format`, objectAt)),
        strict: undefined,
        field,
      });
      return;
    case "namespace": {
      if (namespace !== undefined) throw untranslatable(`${field}.type`);
      onlyKnown(tool, namespaceKeys, field);
      if (!isAbsent(tool.description)) draft.drop(`${field}.description`);
      const name = textAt(tool.name, `${field}.name`);
      for (const [index, held] of listAt(tool.tools, `${field}.tools`).entries())
        decodeTool(draft, held, `${field}.tools[${index}]`, name);
      return;
    }
    default:
      throw untranslatable(`${field}.type`);
  }
}

function isOptional(type: unknown): boolean {
  return typeof type === "string" && optionalToolTypes.has(undated(type));
}

function decodeToolChoice(draft: ModelRequestDraft, value: unknown): void {
  if (value === "auto" || value === "none" || value === "required") {
    draft.choose({ kind: value }, "tool_choice");
    return;
  }
  const choice = objectAt(value, "tool_choice");
  if (choice.type !== "function" && choice.type !== "custom") throw untranslatable("tool_choice.type");
  const namespace = optional(choice.namespace, "tool_choice.namespace", textAt);
  const name = flatName(namespace, textAt(choice.name, "tool_choice.name"));
  draft.choose({ kind: "tool", name }, "tool_choice");
}

function decodeReasoning(draft: ModelRequestDraft, reasoning: JsonObject): void {
  for (const name of ["summary", "generate_summary"])
    if (!isAbsent(reasoning[name])) draft.drop(`reasoning.${name}`);
  if (isAbsent(reasoning.effort)) return;
  draft.reasoning = readEffort(reasoning.effort, "reasoning.effort");
  draft.use("reasoning", "reasoning.effort");
}

function decodeText(draft: ModelRequestDraft, text: JsonObject): void {
  if (!isAbsent(text.verbosity)) draft.drop("text.verbosity");
  const format = readTextFormat(text);
  if (format === undefined) return;
  draft.format = format;
  draft.use(format.kind === "json" ? "json" : "json_schema", "text.format");
}
