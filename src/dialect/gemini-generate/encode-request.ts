import { Changes, supportsAllBut } from "../changes.ts";
import type { EncodedRequest, EncodeTarget } from "../codec.ts";
import { stringifyExact } from "../exact-json.ts";
import { mergeTurns } from "../merge-turns.ts";
import type { ModelRequest, Reasoning, ReasoningEffort, Tool } from "../model-request.ts";
import { checkReach, type Reach } from "../reach.ts";
import { TurnWriter } from "./encode-turns.ts";

/** The features of other formats that a Gemini request can express. */
export const generateReach: Reach = {
  supports: supportsAllBut({
    system_later: "adapted",
    image_url: "refused",
    image_detail: "dropped",
    document_url: "refused",
    tool_strict: "dropped",
    single_tool_call: "dropped",
    tool_result_image: "refused",
    tool_result_document: "refused",
    reasoning: "adapted",
    reasoning_replay: "dropped",
    cache: "dropped",
  }),
  toolName: /^[A-Za-z_][A-Za-z0-9_.:-]{0,63}$/,
  stopMax: 5,
  namesResults: true,
};

/** Writes a Gemini request. */
export function encodeGenerateRequest(request: ModelRequest, target: EncodeTarget): EncodedRequest {
  checkReach(request, generateReach);
  const changes = new Changes(request, generateReach.supports);
  const { system, turns } = mergeTurns(request, changes);
  const writer = new TurnWriter(target.model);
  const body = {
    ...(system.length === 0 ? {} : { systemInstruction: { parts: system.map(({ text }) => ({ text })) } }),
    contents: turns.map((turn) => writer.write(turn)),
    ...(request.tools.length === 0
      ? {}
      : { tools: [{ functionDeclarations: request.tools.map(encodeTool) }], ...encodeToolConfig(request) }),
    generationConfig: {
      [target.outputCapField]: target.outputCap,
      temperature: request.temperature,
      topP: request.topP,
      topK: request.topK,
      seed: request.seed,
      presencePenalty: request.presencePenalty,
      frequencyPenalty: request.frequencyPenalty,
      ...(request.stop.length === 0 ? {} : { stopSequences: request.stop }),
      ...(target.choices === 1 ? {} : { candidateCount: target.choices }),
      ...encodeFormat(request),
      thinkingConfig: encodeThinking(request.reasoning, target.model, changes),
    },
  };
  return { body: Buffer.from(stringifyExact(body)), headers: [], changes: changes.told };
}

function encodeTool({ name, description, parameters }: Tool): object {
  return { name, description, parametersJsonSchema: parameters };
}

function encodeToolConfig({ toolChoice }: ModelRequest): object {
  switch (toolChoice?.kind) {
    case "auto":
      return { toolConfig: { functionCallingConfig: { mode: "AUTO" } } };
    case "none":
      return { toolConfig: { functionCallingConfig: { mode: "NONE" } } };
    case "required":
      return { toolConfig: { functionCallingConfig: { mode: "ANY" } } };
    case "tool":
      return {
        toolConfig: { functionCallingConfig: { mode: "ANY", allowedFunctionNames: [toolChoice.name] } },
      };
    default:
      return {};
  }
}

function encodeFormat({ format }: ModelRequest): object {
  switch (format?.kind) {
    case "json":
      return { responseMimeType: "application/json" };
    case "schema":
      return { responseMimeType: "application/json", responseJsonSchema: format.schema };
    default:
      return {};
  }
}

/** Tokens of thought by effort, for models that take only a budget, as Google maps them itself. */
const budgetTokens: Readonly<Record<ReasoningEffort, number>> = {
  minimal: 1_024,
  low: 1_024,
  medium: 8_192,
  high: 24_576,
  xhigh: 24_576,
  max: 24_576,
};
/** Levels by effort, for models that take those. */
const levels: Readonly<Record<ReasoningEffort, string>> = {
  minimal: "MINIMAL",
  low: "LOW",
  medium: "MEDIUM",
  high: "HIGH",
  xhigh: "HIGH",
  max: "HIGH",
};

/** Models from 3 on think by level, 2.5 by budget, older ones not at all (https://ai.google.dev/api/generate-content). */
function encodeThinking(
  reasoning: Reasoning | undefined,
  model: string,
  changes: Changes,
): object | undefined {
  if (reasoning === undefined) return undefined;
  const match = /gemini-(\d+)(?:\.(\d+))?/.exec(model);
  const version = match === null ? Number.POSITIVE_INFINITY : Number(match[1]) * 10 + Number(match[2] ?? 0);
  if (version < 25) {
    if (reasoning.kind !== "off") changes.note("reasoning", "dropped: this model does not reason");
    return undefined;
  }
  const byLevel = version >= 30;
  switch (reasoning.kind) {
    case "budget":
      return { thinkingBudget: reasoning.tokens, includeThoughts: true };
    case "off":
      if (!byLevel) return { thinkingBudget: 0 };
      changes.note("reasoning", "became level MINIMAL");
      return { thinkingLevel: "MINIMAL" };
    case "effort":
    case "adaptive": {
      const { effort } = reasoning;
      if (effort === undefined)
        return byLevel ? { includeThoughts: true } : { thinkingBudget: -1, includeThoughts: true };
      if (byLevel) {
        if (effort === "xhigh" || effort === "max") changes.note("reasoning", "became level HIGH");
        return { thinkingLevel: levels[effort], includeThoughts: true };
      }
      changes.note("reasoning", `became a budget of ${budgetTokens[effort]} tokens`);
      return { thinkingBudget: budgetTokens[effort], includeThoughts: true };
    }
  }
}
