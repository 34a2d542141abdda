import { cacheControl } from "../cache-control.ts";
import { Changes, supportsAllBut } from "../changes.ts";
import { claudeTraits } from "../claude-models.ts";
import { claudeSchema } from "../claude-schema.ts";
import { claudeThinking } from "../claude-thinking.ts";
import type { EncodedRequest, EncodeTarget } from "../codec.ts";
import { stringifyExact } from "../exact-json.ts";
import { mergeTurns } from "../merge-turns.ts";
import type { ModelRequest, Tool } from "../model-request.ts";
import { checkReach, type Reach } from "../reach.ts";
import { toolParameters } from "../tool-parameters.ts";
import { encodeSystem, encodeTurn } from "./encode-turns.ts";

/** The features of other formats that a Messages request can express. */
export const messagesReach: Reach = {
  supports: supportsAllBut({
    system_later: "adapted",
    image_detail: "dropped",
    temperature: "adapted",
    top_p: "adapted",
    top_k: "adapted",
    seed: "dropped",
    penalties: "dropped",
    choices: "refused",
    json: "refused",
    json_schema: "adapted",
    tool_strict: "adapted",
    reasoning: "adapted",
    reasoning_replay: "adapted",
  }),
  toolName: /^[A-Za-z0-9_-]{1,128}$/,
  refusesBlankStop: true,
  userFirst: true,
  httpOnly: true,
};

const temperatureMax = 1;

/** Writes a Messages request. */
export function encodeMessagesRequest(request: ModelRequest, target: EncodeTarget): EncodedRequest {
  checkReach(request, messagesReach);
  const changes = new Changes(request, messagesReach.supports);
  const { system, turns } = mergeTurns(request, changes);
  const thinking = claudeThinking(request, claudeTraits(target.model), target.outputCap, changes);
  const format = encodeFormat(request, changes);
  const body = {
    model: target.model,
    [target.outputCapField]: target.outputCap,
    ...(system.length === 0 ? {} : { system: encodeSystem(system) }),
    messages: turns.map((turn) => encodeTurn(turn, request, changes)),
    ...(request.tools.length === 0 ? {} : { tools: request.tools.map((tool) => encodeTool(tool, changes)) }),
    ...encodeToolChoice(request),
    ...encodeSampling(request, target.model, thinking.thinking !== undefined, changes),
    ...(request.stop.length === 0 ? {} : { stop_sequences: request.stop }),
    ...(thinking.thinking === undefined ? {} : { thinking: thinking.thinking }),
    ...(thinking.output_config === undefined && format === undefined
      ? {}
      : { output_config: { ...thinking.output_config, ...(format === undefined ? {} : { format }) } }),
    ...(target.stream ? { stream: true } : {}),
  };
  return { body: Buffer.from(stringifyExact(body)), headers, changes: changes.told };
}

const headers = [["anthropic-version", "2023-06-01"]] as const;

function encodeTool(tool: Tool, changes: Changes): object {
  const parameters = toolParameters(tool.parameters);
  const { schema, left } = tool.strict === true ? claudeSchema(parameters) : { schema: parameters, left: [] };
  if (left.length > 0) changes.note("tool_strict", `without ${left.join(", ")}`);
  return {
    name: tool.name,
    ...(tool.description === undefined ? {} : { description: tool.description }),
    input_schema: schema,
    ...(tool.strict === true ? { strict: true } : {}),
    ...cacheControl(tool.cache),
  };
}

function encodeToolChoice({ toolChoice, parallelToolCalls, tools }: ModelRequest): object {
  if (tools.length === 0) return {};
  const single = parallelToolCalls === false;
  if (toolChoice === undefined) {
    return single ? { tool_choice: { type: "auto", disable_parallel_tool_use: true } } : {};
  }
  const parallel = single ? { disable_parallel_tool_use: true } : {};
  switch (toolChoice.kind) {
    case "none":
      return { tool_choice: { type: "none" } };
    case "auto":
      return { tool_choice: { type: "auto", ...parallel } };
    case "required":
      return { tool_choice: { type: "any", ...parallel } };
    case "tool":
      return { tool_choice: { type: "tool", name: toolChoice.name, ...parallel } };
  }
}

/** Newer models refuse every setting, and all refuse them while they think; none takes a temperature over 1. */
function encodeSampling(request: ModelRequest, model: string, thinks: boolean, changes: Changes): object {
  const { temperature, topP, topK } = request;
  const refused = thinks ? "dropped: reasoning excludes it" : "dropped: this model takes none";
  if (thinks || !claudeTraits(model).samples) {
    if (temperature !== undefined && temperature !== 1) changes.note("temperature", refused);
    if (topP !== undefined && topP !== 1) changes.note("top_p", refused);
    if (topK !== undefined) changes.note("top_k", refused);
    return {};
  }
  if (temperature !== undefined && temperature > temperatureMax)
    changes.note("temperature", `clamped to ${temperatureMax}`);
  // Several models refuse both at once, and the temperature is what clients mean.
  const both = temperature !== undefined && topP !== undefined;
  if (both && topP !== 1) changes.note("top_p", "dropped: it cannot stand beside a temperature");
  return {
    ...(temperature === undefined ? {} : { temperature: Math.min(temperature, temperatureMax) }),
    ...(topP === undefined || both ? {} : { top_p: topP }),
    ...(topK === undefined ? {} : { top_k: topK }),
  };
}

function encodeFormat({ format }: ModelRequest, changes: Changes): object | undefined {
  if (format?.kind !== "schema") return undefined;
  const { schema, left } = claudeSchema(format.schema);
  if (left.length > 0) changes.note("json_schema", `without ${left.join(", ")}`);
  return { type: "json_schema", schema };
}
