import { Changes, supportsAllBut } from "../changes.ts";
import { claudeTraits, isClaude } from "../claude-models.ts";
import { claudeThinking } from "../claude-thinking.ts";
import type { EncodedRequest, EncodeTarget } from "../codec.ts";
import { stringifyExact } from "../exact-json.ts";
import { type MergedTurn, mergeTurns } from "../merge-turns.ts";
import type { ModelRequest, Tool } from "../model-request.ts";
import { checkReach, type Reach } from "../reach.ts";
import { toolParameters } from "../tool-parameters.ts";
import { cachePoint, DocumentNames, encodeSystem, encodeTurn } from "./encode-turns.ts";
import { documentFormats, imageFormats } from "./media.ts";

/** The features of other formats that a Converse request can express. */
export const converseReach: Reach = {
  supports: supportsAllBut({
    system_later: "adapted",
    image_url: "refused",
    image_detail: "dropped",
    document_url: "refused",
    tool_strict: "dropped",
    tool_choice_none: "adapted",
    single_tool_call: "dropped",
    temperature: "adapted",
    top_p: "adapted",
    top_k: "adapted",
    seed: "dropped",
    penalties: "dropped",
    choices: "refused",
    json: "refused",
    reasoning: "adapted",
    reasoning_replay: "adapted",
  }),
  toolName: /^[A-Za-z0-9_-]{1,64}$/,
  refusesNoneAfterCalls: true,
  userFirst: true,
  imageTypes: imageFormats,
  documentTypes: documentFormats,
};

const temperatureMax = 1;

/** Writes a Converse request. */
export function encodeConverseRequest(request: ModelRequest, target: EncodeTarget): EncodedRequest {
  checkReach(request, converseReach);
  const changes = new Changes(request, converseReach.supports);
  const { system, turns } = mergeTurns(request, changes);
  const additional = encodeAdditional(request, target, changes);
  const names = new DocumentNames();
  const body = {
    ...(system.length === 0 ? {} : { system: encodeSystem(system) }),
    messages: turns.map((turn) => encodeTurn(turn, names, changes)),
    inferenceConfig: {
      [target.outputCapField]: target.outputCap,
      ...encodeSampling(request, target.model, "thinking" in additional, changes),
      ...(request.stop.length === 0 ? {} : { stopSequences: request.stop }),
    },
    ...encodeToolConfig(request, turns),
    ...(Object.keys(additional).length === 0 ? {} : { additionalModelRequestFields: additional }),
    ...encodeFormat(request),
  };
  return { body: Buffer.from(stringifyExact(body)), headers: [], changes: changes.told };
}

/** Fields for the model that Bedrock passes through; known for Claude's models only. */
function encodeAdditional(request: ModelRequest, target: EncodeTarget, changes: Changes): object {
  const { reasoning, topK } = request;
  if (!isClaude(target.model)) {
    if (reasoning !== undefined && reasoning.kind !== "off")
      changes.note("reasoning", "dropped: this model is not told how much to reason");
    if (topK !== undefined) changes.note("top_k", "dropped: this model takes none");
    return {};
  }
  const traits = claudeTraits(target.model);
  const thinking = claudeThinking(request, traits, target.outputCap, changes);
  const samples = traits.samples && thinking.thinking === undefined;
  if (topK !== undefined && !samples) changes.note("top_k", "dropped: this model takes none");
  return { ...thinking, ...(topK === undefined || !samples ? {} : { top_k: topK }) };
}

function encodeSampling(request: ModelRequest, model: string, thinks: boolean, changes: Changes): object {
  const { temperature, topP } = request;
  if (thinks || (isClaude(model) && !claudeTraits(model).samples)) {
    const refused = thinks ? "dropped: reasoning excludes it" : "dropped: this model takes none";
    if (temperature !== undefined && temperature !== 1) changes.note("temperature", refused);
    if (topP !== undefined && topP !== 1) changes.note("top_p", refused);
    return {};
  }
  if (temperature !== undefined && temperature > temperatureMax)
    changes.note("temperature", `clamped to ${temperatureMax}`);
  // Several of Claude's models refuse both at once, and the temperature is what clients mean.
  const both = isClaude(model) && temperature !== undefined && topP !== undefined;
  if (both && topP !== 1) changes.note("top_p", "dropped: it cannot stand beside a temperature");
  return {
    ...(temperature === undefined ? {} : { temperature: Math.min(temperature, temperatureMax) }),
    ...(topP === undefined || both ? {} : { topP }),
  };
}

/** Bedrock wants the tools of a conversation declared even when it is to call none any more. */
function encodeToolConfig(request: ModelRequest, turns: readonly MergedTurn[]): object {
  if (request.toolChoice?.kind === "none") return {};
  const called = new Set<string>();
  for (const { parts } of turns)
    for (const part of parts) if (part.type === "tool_call") called.add(part.name);
  if (request.tools.length === 0) {
    if (called.size === 0) return {};
    const tools = [...called].map((name) => ({
      toolSpec: { name, inputSchema: { json: { type: "object" } } },
    }));
    return { toolConfig: { tools } };
  }
  const tools = request.tools.flatMap(encodeTool);
  return { toolConfig: { tools, ...encodeToolChoice(request) } };
}

function encodeTool(tool: Tool): readonly object[] {
  const { name, description, parameters, cache } = tool;
  const toolSpec = {
    name,
    // Bedrock refuses an empty one.
    ...(description === undefined || description === "" ? {} : { description }),
    inputSchema: { json: toolParameters(parameters) },
  };
  return [{ toolSpec }, ...cachePoint(cache)];
}

function encodeToolChoice({ toolChoice }: ModelRequest): object {
  switch (toolChoice?.kind) {
    case "auto":
      return { toolChoice: { auto: {} } };
    case "required":
      return { toolChoice: { any: {} } };
    case "tool":
      return { toolChoice: { tool: { name: toolChoice.name } } };
    default:
      return {};
  }
}

function encodeFormat({ format }: ModelRequest): object {
  if (format?.kind !== "schema") return {};
  const { schema, name, description } = format;
  const jsonSchema = { schema: stringifyExact(schema), name: name ?? "answer", description };
  return { outputConfig: { textFormat: { type: "json_schema", structure: { jsonSchema } } } };
}
