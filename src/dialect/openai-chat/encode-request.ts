import { Changes, supportsAllBut } from "../changes.ts";
import { effortOf } from "../claude-thinking.ts";
import type { EncodedRequest, EncodeTarget } from "../codec.ts";
import { stringifyExact } from "../exact-json.ts";
import type { ModelRequest, OutputFormat, Tool, ToolChoice } from "../model-request.ts";
import { openaiTraits } from "../openai-models.ts";
import { checkReach, type Reach } from "../reach.ts";
import { toolParameters } from "../tool-parameters.ts";
import { encodeTurns } from "./encode-turns.ts";

/** Names of tools and schemas that OpenAI takes. */
const namePattern = /^[A-Za-z0-9_-]{1,64}$/;

/** The features of other formats that a chat request can express. */
export const chatReach: Reach = {
  supports: supportsAllBut({
    document_text: "refused",
    document_url: "refused",
    tool_result_error: "dropped",
    tool_result_image: "refused",
    tool_result_document: "refused",
    temperature: "adapted",
    top_p: "adapted",
    penalties: "adapted",
    stop: "adapted",
    top_k: "dropped",
    reasoning: "adapted",
    reasoning_replay: "dropped",
    cache: "dropped",
  }),
  toolName: namePattern,
  stopMax: 4,
  argumentsAsText: true,
};

/** Name of a schema from a format without names. */
const schemaName = "answer";

/** Writes a chat request. */
export function encodeChatRequest(request: ModelRequest, target: EncodeTarget): EncodedRequest {
  checkReach(request, chatReach);
  const changes = new Changes(request, chatReach.supports);
  const hasTools = request.tools.length > 0;
  const body = {
    model: target.model,
    messages: encodeTurns(request),
    [target.outputCapField]: target.outputCap,
    ...(hasTools ? { tools: request.tools.map(encodeTool) } : {}),
    ...(hasTools && request.toolChoice !== undefined
      ? { tool_choice: encodeChoice(request.toolChoice) }
      : {}),
    ...(hasTools && request.parallelToolCalls !== undefined
      ? { parallel_tool_calls: request.parallelToolCalls }
      : {}),
    seed: request.seed,
    ...encodeSampling(request, target.model, changes),
    ...(request.format === undefined ? {} : { response_format: encodeFormat(request.format) }),
    reasoning_effort: encodeReasoning(request, changes),
    ...(target.choices === 1 ? {} : { n: target.choices }),
    ...(target.stream ? { stream: true, stream_options: { include_usage: true } } : {}),
  };
  return { body: Buffer.from(stringifyExact(body)), headers: [], changes: changes.told };
}

function encodeTool({ name, description, parameters, strict }: Tool): object {
  // A function without parameters is one that takes none; OpenAI refuses an object schema without properties.
  const schema = parameters === undefined ? undefined : toolParameters(parameters);
  return { type: "function", function: { name, description, parameters: schema, strict } };
}

function encodeChoice(choice: ToolChoice): unknown {
  return choice.kind === "tool" ? { type: "function", function: { name: choice.name } } : choice.kind;
}

function encodeFormat(format: OutputFormat): object {
  if (format.kind === "json") return { type: "json_object" };
  const { schema, name, description, strict } = format;
  return {
    type: "json_schema",
    json_schema: {
      name: name !== undefined && namePattern.test(name) ? name : schemaName,
      description,
      schema,
      strict,
    },
  };
}

/** Models that reason take none of these but the defaults, and some take no stop sequences. */
function encodeSampling(request: ModelRequest, model: string, changes: Changes): object {
  const { temperature, topP, presencePenalty, frequencyPenalty, stop } = request;
  const { samples, stops } = openaiTraits(model, request.reasoning?.kind === "off");
  const refused = "dropped: this model takes none";
  if (!stops && stop.length > 0) changes.note("stop", refused);
  const stopping = stop.length === 0 || !stops ? {} : { stop };
  if (samples)
    return {
      temperature,
      top_p: topP,
      presence_penalty: presencePenalty,
      frequency_penalty: frequencyPenalty,
      ...stopping,
    };
  if (temperature !== undefined && temperature !== 1) changes.note("temperature", refused);
  if (topP !== undefined && topP !== 1) changes.note("top_p", refused);
  if (request.uses.has("penalties")) changes.note("penalties", refused);
  return stopping;
}

function encodeReasoning({ reasoning }: ModelRequest, changes: Changes): string | undefined {
  switch (reasoning?.kind) {
    case undefined:
      return undefined;
    case "off":
      return "none";
    case "effort":
      return reasoning.effort;
    case "adaptive":
      return reasoning.effort;
    case "budget": {
      const effort = effortOf(reasoning.tokens);
      changes.note("reasoning", `became effort ${effort}`);
      return effort;
    }
  }
}
