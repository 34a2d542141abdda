import { readThinking } from "../claude-thinking.ts";
import type { RequestFacts } from "../dialect.ts";
import type { JsonObject } from "../json-view.ts";
import type { ModelRequest } from "../model-request.ts";
import { ModelRequestDraft } from "../model-request-draft.ts";
import {
  isAbsent,
  listAt,
  numberAt,
  objectAt,
  onlyKnown,
  optional,
  textAt,
  untranslatable,
} from "../read-json.ts";
import { cacheMarkOf, decodeMessages, decodeSystem } from "./decode-turns.ts";
import { readTextFormat } from "./output-format.ts";

/** Members that change no answer, or only how it is billed, made or found again. */
const harmless: ReadonlySet<string> = new Set(["requestMetadata", "performanceConfig", "serviceTier"]);

/** A Converse request without its wire format (https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html). */
export function decodeConverseRequest(body: JsonObject, _facts: RequestFacts): ModelRequest {
  const draft = new ModelRequestDraft();
  // First, since what stands before the turns is told from what stands behind.
  if (!isAbsent(body.system)) decodeSystem(draft, body.system);
  for (const name in body) {
    const value = body[name];
    if (isAbsent(value) || name === "system" || name === "contract" || name === "metadata") continue;
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
    case "inferenceConfig":
      decodeInference(draft, objectAt(value, name));
      return;
    case "toolConfig":
      decodeToolConfig(draft, objectAt(value, name));
      return;
    case "additionalModelRequestFields":
      decodeAdditional(draft, objectAt(value, name));
      return;
    case "outputConfig":
      decodeOutput(draft, objectAt(value, name));
      return;
    case "additionalModelResponseFieldPaths":
      if (listAt(value, name).length > 0) throw untranslatable(name);
      return;
    default:
      throw untranslatable(name);
  }
}

const inferenceKeys: ReadonlySet<string> = new Set(["maxTokens", "temperature", "topP", "stopSequences"]);

function decodeInference(draft: ModelRequestDraft, config: JsonObject): void {
  const field = "inferenceConfig";
  onlyKnown(config, inferenceKeys, field);
  draft.temperature = optional(config.temperature, `${field}.temperature`, numberAt);
  if (draft.temperature !== undefined) draft.use("temperature", `${field}.temperature`);
  draft.topP = optional(config.topP, `${field}.topP`, numberAt);
  if (draft.topP !== undefined) draft.use("top_p", `${field}.topP`);
  const stop = optional(config.stopSequences, `${field}.stopSequences`, listAt) ?? [];
  draft.stop = stop.map((one, index) => textAt(one, `${field}.stopSequences[${index}]`));
  if (stop.length > 0) draft.use("stop", `${field}.stopSequences`);
}

function decodeToolConfig(draft: ModelRequestDraft, config: JsonObject): void {
  const tools = optional(config.tools, "toolConfig.tools", listAt) ?? [];
  for (const [index, item] of tools.entries()) decodeTool(draft, item, `toolConfig.tools[${index}]`);
  const choice = optional(config.toolChoice, "toolConfig.toolChoice", objectAt);
  if (choice === undefined) return;
  const field = "toolConfig.toolChoice";
  if (!isAbsent(choice.auto)) draft.choose({ kind: "auto" }, field);
  else if (!isAbsent(choice.any)) draft.choose({ kind: "required" }, field);
  else {
    const { name } = objectAt(choice.tool, `${field}.tool`);
    draft.choose({ kind: "tool", name: textAt(name, `${field}.tool.name`) }, field);
  }
}

const specKeys: ReadonlySet<string> = new Set(["name", "description", "inputSchema", "strict"]);

function decodeTool(draft: ModelRequestDraft, value: unknown, field: string): void {
  const tool = objectAt(value, field);
  if (!isAbsent(tool.cachePoint)) {
    draft.cache(field);
    const cache = cacheMarkOf(objectAt(tool.cachePoint, `${field}.cachePoint`));
    const marked = draft.tools.pop();
    if (marked !== undefined) draft.tools.push({ ...marked, cache });
    return;
  }
  if (isAbsent(tool.toolSpec)) throw untranslatable(field);
  const at = `${field}.toolSpec`;
  const spec = objectAt(tool.toolSpec, at);
  onlyKnown(spec, specKeys, at);
  const schema = objectAt(spec.inputSchema, `${at}.inputSchema`);
  draft.addTool({
    name: textAt(spec.name, `${at}.name`),
    description: optional(spec.description, `${at}.description`, textAt),
    parameters: objectAt(schema.json, `${at}.inputSchema.json`),
    strict: spec.strict === true ? true : undefined,
    field: at,
  });
}

/** Fields of the model's own, as Claude's are. */
function decodeAdditional(draft: ModelRequestDraft, fields: JsonObject): void {
  for (const name in fields) {
    const field = `additionalModelRequestFields.${name}`;
    const value = fields[name];
    if (isAbsent(value)) continue;
    if (name === "thinking") {
      draft.reasoning = readThinking(objectAt(value, field), undefined);
      draft.use("reasoning", field);
    } else if (name === "top_k") {
      draft.topK = numberAt(value, field);
      draft.use("top_k", field);
    } else throw untranslatable(field);
  }
}

function decodeOutput(draft: ModelRequestDraft, config: JsonObject): void {
  const format = readTextFormat(config);
  if (format === undefined) return;
  draft.format = format;
  draft.use("json_schema", "outputConfig.textFormat");
}
