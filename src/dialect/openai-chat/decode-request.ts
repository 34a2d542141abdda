import { readCacheControl } from "../cache-control.ts";
import type { RequestFacts } from "../dialect.ts";
import type { JsonObject } from "../json-view.ts";
import type { ModelRequest } from "../model-request.ts";
import { ModelRequestDraft } from "../model-request-draft.ts";
import { readEffort, readStop } from "../openai-options.ts";
import {
  asksForNothing,
  flagAt,
  isAbsent,
  listAt,
  numberAt,
  objectAt,
  onlyKnown,
  textAt,
  untranslatable,
} from "../read-json.ts";
import { decodeMessages } from "./decode-turns.ts";
import { readChatFormat } from "./output-format.ts";

/** Members that change no answer, or only how it is billed, kept or found again. */
const harmless: ReadonlySet<string> = new Set([
  "user",
  "metadata",
  "safety_identifier",
  "prompt_cache_key",
  "prompt_cache_options",
  "prompt_cache_retention",
  "service_tier",
  "store",
  "verbosity",
  "prediction",
]);

/** Read from the bytes by `inspectChat`, or the gateway's own. */
const decided: ReadonlySet<string> = new Set([
  "model",
  "stream",
  "stream_options",
  "max_tokens",
  "max_completion_tokens",
  "contract",
]);

/** A chat request without its wire format (https://developers.openai.com/api/reference/resources/chat). */
export function decodeChatRequest(body: JsonObject, facts: RequestFacts): ModelRequest {
  const draft = new ModelRequestDraft();
  if (facts.choices > 1) draft.use("choices", "n");
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
    case "messages":
      decodeMessages(draft, value);
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
    case "response_format":
      decodeFormat(draft, value);
      return;
    case "n":
      return;
    case "stop":
      draft.stop = readStop(value);
      draft.use("stop", name);
      return;
    case "reasoning_effort":
      draft.reasoning = readEffort(value, name);
      draft.use("reasoning", name);
      return;
    case "logprobs":
    case "top_logprobs":
      if (value !== false && value !== 0) throw untranslatable(name);
      return;
    case "modalities":
      if (listAt(value, name).some((one) => one !== "text")) throw untranslatable(name);
      return;
    default:
      decodeNumber(draft, name, value);
  }
}

function decodeNumber(draft: ModelRequestDraft, name: string, value: unknown): void {
  switch (name) {
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
    case "seed":
      draft.seed = numberAt(value, name);
      draft.use("seed", name);
      return;
    case "presence_penalty":
      draft.presencePenalty = numberAt(value, name);
      if (draft.presencePenalty !== 0) draft.use("penalties", name);
      return;
    case "frequency_penalty":
      draft.frequencyPenalty = numberAt(value, name);
      if (draft.frequencyPenalty !== 0) draft.use("penalties", name);
      return;
    default:
      if (!asksForNothing(value)) throw untranslatable(name);
  }
}

const toolKeys: ReadonlySet<string> = new Set(["type", "function", "cache_control"]);
const functionKeys: ReadonlySet<string> = new Set([
  "name",
  "description",
  "parameters",
  "strict",
  "cache_control",
]);

function decodeTool(draft: ModelRequestDraft, value: unknown, field: string): void {
  const tool = objectAt(value, field);
  if (tool.type !== "function") throw untranslatable(`${field}.type`);
  onlyKnown(tool, toolKeys, field);
  const at = `${field}.function`;
  const { name, description, parameters, strict, ...rest } = objectAt(tool.function, at);
  onlyKnown(rest, functionKeys, at);
  draft.addTool({
    name: textAt(name, `${at}.name`),
    description: isAbsent(description) ? undefined : textAt(description, `${at}.description`),
    parameters: isAbsent(parameters) ? undefined : objectAt(parameters, `${at}.parameters`),
    strict: isAbsent(strict) ? undefined : flagAt(strict, `${at}.strict`),
    cache: readCacheControl(draft, tool, field) ?? readCacheControl(draft, rest, at),
    field: at,
  });
}

function decodeToolChoice(draft: ModelRequestDraft, value: unknown): void {
  if (value === "auto" || value === "none" || value === "required") {
    draft.choose({ kind: value }, "tool_choice");
    return;
  }
  const choice = objectAt(value, "tool_choice");
  if (choice.type !== "function") throw untranslatable("tool_choice.type");
  const { name } = objectAt(choice.function, "tool_choice.function");
  draft.choose({ kind: "tool", name: textAt(name, "tool_choice.function.name") }, "tool_choice");
}

function decodeFormat(draft: ModelRequestDraft, value: unknown): void {
  const format = readChatFormat(value);
  if (format === undefined) return;
  draft.format = format;
  if (format.kind === "json") draft.use("json", "response_format");
  else draft.use("json_schema", "response_format.json_schema");
}
