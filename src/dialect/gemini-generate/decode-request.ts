import type { RequestFacts } from "../dialect.ts";
import type { JsonObject } from "../json-view.ts";
import type { ModelRequest, Reasoning } from "../model-request.ts";
import { ModelRequestDraft } from "../model-request-draft.ts";
import { invalid } from "../read-field.ts";
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
import { camel } from "./camel.ts";
import { decodeContents, decodeSystem } from "./decode-turns.ts";
import { jsonSchemaOf } from "./openapi-schema.ts";
import { readSchema } from "./output-format.ts";

/** Members that change no answer, or only how it is billed or guarded. */
const harmless: ReadonlySet<string> = new Set(["safetySettings", "labels", "serviceTier"]);
/** Read from the bytes by `inspectGenerate`, or the gateway's own. */
const decided: ReadonlySet<string> = new Set(["model", "contract", "metadata", "systemInstruction"]);

/** A Gemini request without its wire format (https://ai.google.dev/api/generate-content). */
export function decodeGenerateRequest(body: JsonObject, facts: RequestFacts): ModelRequest {
  const draft = new ModelRequestDraft();
  if (facts.choices > 1) draft.use("choices", "generationConfig.candidateCount");
  const request = camel(body);
  if (!isAbsent(request.systemInstruction)) decodeSystem(draft, request.systemInstruction);
  for (const name in request) {
    const value = request[name];
    if (isAbsent(value) || decided.has(name)) continue;
    if (harmless.has(name)) draft.drop(name);
    else decodeMember(draft, name, value);
  }
  return draft.done();
}

function decodeMember(draft: ModelRequestDraft, name: string, value: unknown): void {
  switch (name) {
    case "contents":
      decodeContents(draft, value);
      return;
    case "tools":
      for (const [index, tool] of listAt(value, name).entries()) decodeTools(draft, tool, `tools[${index}]`);
      return;
    case "toolConfig":
      decodeToolConfig(draft, camel(objectAt(value, name)));
      return;
    case "generationConfig":
      decodeConfig(draft, camel(objectAt(value, name)));
      return;
    default:
      throw untranslatable(name);
  }
}

const toolKeys: ReadonlySet<string> = new Set(["functionDeclarations"]);
const declarationKeys: ReadonlySet<string> = new Set([
  "name",
  "description",
  "parameters",
  "parametersJsonSchema",
  "response",
  "responseJsonSchema",
  "behavior",
]);

function decodeTools(draft: ModelRequestDraft, value: unknown, field: string): void {
  const tool = camel(objectAt(value, field));
  onlyKnown(tool, toolKeys, field);
  const at = `${field}.functionDeclarations`;
  const declarations = optional(tool.functionDeclarations, at, listAt) ?? [];
  for (const [index, item] of declarations.entries()) decodeTool(draft, item, `${at}[${index}]`);
}

function decodeTool(draft: ModelRequestDraft, value: unknown, field: string): void {
  const declaration = camel(objectAt(value, field));
  onlyKnown(declaration, declarationKeys, field);
  for (const name of ["response", "responseJsonSchema", "behavior"])
    if (!isAbsent(declaration[name])) draft.drop(`${field}.${name}`);
  const schema = optional(declaration.parametersJsonSchema, `${field}.parametersJsonSchema`, objectAt);
  const own = optional(declaration.parameters, `${field}.parameters`, objectAt);
  draft.addTool({
    name: textAt(declaration.name, `${field}.name`),
    description: optional(declaration.description, `${field}.description`, textAt),
    parameters: schema ?? (own === undefined ? undefined : jsonSchemaOf(own)),
    strict: undefined,
    field,
  });
}

function decodeToolConfig(draft: ModelRequestDraft, config: JsonObject): void {
  const field = "toolConfig.functionCallingConfig";
  const calling = optional(config.functionCallingConfig, field, objectAt);
  if (calling === undefined) return;
  const { mode, allowedFunctionNames } = camel(calling);
  const names = optional(allowedFunctionNames, `${field}.allowedFunctionNames`, listAt) ?? [];
  switch (mode) {
    case undefined:
    case null:
    case "MODE_UNSPECIFIED":
    case "AUTO":
    case "VALIDATED":
      draft.choose({ kind: "auto" }, field);
      return;
    case "NONE":
      draft.choose({ kind: "none" }, field);
      return;
    case "ANY": {
      if (names.length > 1) throw untranslatable(`${field}.allowedFunctionNames`);
      const [name] = names;
      if (name === undefined) draft.choose({ kind: "required" }, field);
      else draft.choose({ kind: "tool", name: textAt(name, `${field}.allowedFunctionNames[0]`) }, field);
      return;
    }
    default:
      throw invalid(`${field}.mode`, "must be AUTO, ANY, NONE or VALIDATED");
  }
}

/** Of the generation config: read from the bytes, or spoken of with another member. */
const decidedConfig: ReadonlySet<string> = new Set(["maxOutputTokens", "candidateCount", "responseMimeType"]);
const harmlessConfig: ReadonlySet<string> = new Set(["mediaResolution", "enableEnhancedCivicAnswers"]);

function decodeConfig(draft: ModelRequestDraft, config: JsonObject): void {
  for (const name in config) {
    const value = config[name];
    const field = `generationConfig.${name}`;
    if (isAbsent(value) || decidedConfig.has(name)) continue;
    if (harmlessConfig.has(name)) draft.drop(field);
    else decodeSetting(draft, name, value, field);
  }
  if (config.responseMimeType === "application/json" && draft.format === undefined) {
    draft.format = { kind: "json" };
    draft.use("json", "generationConfig.responseMimeType");
  } else if (
    !isAbsent(config.responseMimeType) &&
    !/^(application\/json|text\/plain)$/.test(String(config.responseMimeType))
  )
    throw untranslatable("generationConfig.responseMimeType");
}

function decodeSetting(draft: ModelRequestDraft, name: string, value: unknown, field: string): void {
  switch (name) {
    case "temperature":
      draft.temperature = numberAt(value, field);
      draft.use("temperature", field);
      return;
    case "topP":
      draft.topP = numberAt(value, field);
      draft.use("top_p", field);
      return;
    case "topK":
      draft.topK = numberAt(value, field);
      draft.use("top_k", field);
      return;
    case "seed":
      draft.seed = numberAt(value, field);
      draft.use("seed", field);
      return;
    case "presencePenalty":
      draft.presencePenalty = numberAt(value, field);
      if (value !== 0) draft.use("penalties", field);
      return;
    case "frequencyPenalty":
      draft.frequencyPenalty = numberAt(value, field);
      if (value !== 0) draft.use("penalties", field);
      return;
    case "stopSequences":
      draft.stop = listAt(value, field).map((one, index) => textAt(one, `${field}[${index}]`));
      if (draft.stop.length > 0) draft.use("stop", field);
      return;
    case "thinkingConfig":
      draft.reasoning = decodeThinking(camel(objectAt(value, field)), field);
      if (draft.reasoning !== undefined) draft.use("reasoning", field);
      return;
    case "responseSchema":
    case "responseJsonSchema":
      draft.format = readSchema(name, value);
      draft.use("json_schema", field);
      return;
    case "responseModalities":
      if (listAt(value, field).some((one) => one !== "TEXT")) throw untranslatable(field);
      return;
    default:
      if (value !== false) throw untranslatable(field);
  }
}

const efforts: Readonly<Record<string, "minimal" | "low" | "medium" | "high">> = {
  MINIMAL: "minimal",
  LOW: "low",
  MEDIUM: "medium",
  HIGH: "high",
};

function decodeThinking(config: JsonObject, field: string): Reasoning | undefined {
  const level = optional(config.thinkingLevel, `${field}.thinkingLevel`, textAt);
  if (level !== undefined) {
    const effort = efforts[level.toUpperCase()];
    if (effort === undefined) throw invalid(`${field}.thinkingLevel`, "must be MINIMAL, LOW, MEDIUM or HIGH");
    return { kind: "effort", effort };
  }
  const budget = optional(config.thinkingBudget, `${field}.thinkingBudget`, numberAt);
  if (budget === undefined) return undefined;
  if (budget === 0) return { kind: "off" };
  return budget < 0 ? { kind: "adaptive", effort: undefined } : { kind: "budget", tokens: budget };
}
