import { readCacheControl } from "../cache-control.ts";
import { readThinking } from "../claude-thinking.ts";
import type { RequestFacts } from "../dialect.ts";
import type { JsonObject } from "../json-view.ts";
import type { ModelRequest } from "../model-request.ts";
import { ModelRequestDraft } from "../model-request-draft.ts";
import { isEffort } from "../openai-options.ts";
import { invalid } from "../read-field.ts";
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
import { decodeMessages, decodeSystem } from "./decode-turns.ts";
import { readMessagesFormat } from "./output-format.ts";

/** Members that change no answer, or only how it is billed or kept. */
const harmless: ReadonlySet<string> = new Set([
  "metadata",
  "service_tier",
  "inference_geo",
  // Edits that only shorten what the model reads (https://platform.claude.com/docs/en/build-with-claude/context-editing): others read all of it.
  "context_management",
]);

/** Read from the bytes by `inspectMessages`, or the gateway's own. */
const decided: ReadonlySet<string> = new Set(["model", "stream", "max_tokens", "contract"]);

/** A Messages request without its wire format (https://platform.claude.com/docs/en/api/messages). */
export function decodeMessagesRequest(body: JsonObject, _facts: RequestFacts): ModelRequest {
  const draft = new ModelRequestDraft();
  // First, since what stands before the turns is told from what stands behind.
  if (!isAbsent(body.system)) decodeSystem(draft, body.system);
  for (const name in body) {
    const value = body[name];
    if (isAbsent(value) || name === "system" || decided.has(name)) continue;
    if (harmless.has(name)) draft.drop(name);
    else decodeMember(draft, name, value);
  }
  return draft.done();
}

function decodeMember(draft: ModelRequestDraft, name: string, value: unknown): void {
  switch (name) {
    case "messages":
      decodeMessages(draft, value);
      return;
    case "tools":
      for (const [index, tool] of listAt(value, name).entries()) decodeTool(draft, tool, `tools[${index}]`);
      return;
    case "tool_choice":
      decodeToolChoice(draft, objectAt(value, name));
      return;
    case "temperature":
      draft.temperature = numberAt(value, name);
      draft.use("temperature", name);
      return;
    case "top_p":
      draft.topP = numberAt(value, name);
      draft.use("top_p", name);
      return;
    case "top_k":
      draft.topK = numberAt(value, name);
      draft.use("top_k", name);
      return;
    case "stop_sequences":
      draft.stop = listAt(value, name).map((one, index) => textAt(one, `${name}[${index}]`));
      if (draft.stop.length > 0) draft.use("stop", name);
      return;
    case "thinking":
      decodeThinking(draft, objectAt(value, name));
      return;
    case "output_config":
      decodeOutputConfig(draft, objectAt(value, name));
      return;
    case "cache_control":
      draft.cache(name);
      draft.drop(name);
      return;
    default:
      if (!asksForNothing(value)) throw untranslatable(name);
  }
}

const toolKeys: ReadonlySet<string> = new Set([
  "type",
  "name",
  "description",
  "input_schema",
  "strict",
  "cache_control",
  "eager_input_streaming",
]);

function decodeTool(draft: ModelRequestDraft, value: unknown, field: string): void {
  const tool = objectAt(value, field);
  if (!isAbsent(tool.type) && tool.type !== "custom") throw untranslatable(`${field}.type`);
  // Only says how the arguments are cut in a stream.
  if (!isAbsent(tool.eager_input_streaming)) draft.drop(`${field}.eager_input_streaming`);
  onlyKnown(tool, toolKeys, field);
  draft.addTool({
    name: textAt(tool.name, `${field}.name`),
    description: optional(tool.description, `${field}.description`, textAt),
    parameters: objectAt(tool.input_schema, `${field}.input_schema`),
    strict: optional(tool.strict, `${field}.strict`, flagAt),
    cache: readCacheControl(draft, tool, field),
    field,
  });
}

function decodeToolChoice(draft: ModelRequestDraft, choice: JsonObject): void {
  switch (choice.type) {
    case "auto":
      draft.choose({ kind: "auto" }, "tool_choice");
      break;
    case "any":
      draft.choose({ kind: "required" }, "tool_choice");
      break;
    case "none":
      draft.choose({ kind: "none" }, "tool_choice");
      break;
    case "tool":
      draft.choose({ kind: "tool", name: textAt(choice.name, "tool_choice.name") }, "tool_choice");
      break;
    default:
      throw invalid("tool_choice.type", "must be auto, any, tool or none");
  }
  const disabled = optional(
    choice.disable_parallel_tool_use,
    "tool_choice.disable_parallel_tool_use",
    flagAt,
  );
  if (disabled === undefined) return;
  draft.parallelToolCalls = !disabled;
  if (disabled) draft.use("single_tool_call", "tool_choice.disable_parallel_tool_use");
}

function decodeThinking(draft: ModelRequestDraft, thinking: JsonObject): void {
  if (!isAbsent(thinking.display)) draft.drop("thinking.display");
  draft.use("reasoning", "thinking");
  const { reasoning } = draft;
  const effort = reasoning?.kind === "effort" ? reasoning.effort : undefined;
  draft.reasoning = readThinking(thinking, effort);
}

const outputKeys: ReadonlySet<string> = new Set(["effort", "format"]);

function decodeOutputConfig(draft: ModelRequestDraft, config: JsonObject): void {
  onlyKnown(config, outputKeys, "output_config");
  const { effort } = config;
  if (!isAbsent(effort)) {
    if (!isEffort(effort)) throw invalid("output_config.effort", "must be low, medium, high, xhigh or max");
    const { reasoning } = draft;
    if (reasoning === undefined) draft.reasoning = { kind: "effort", effort };
    else if (reasoning.kind === "adaptive") draft.reasoning = { kind: "adaptive", effort };
    draft.use("reasoning", "output_config.effort");
  }
  const format = optional(config.format, "output_config.format", objectAt);
  if (format === undefined) return;
  draft.format = readMessagesFormat(format, "output_config.format");
  draft.use("json_schema", "output_config.format");
}
