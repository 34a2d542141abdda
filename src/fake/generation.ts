import type { BilledUsage } from "./answer.ts";
import type { Faults } from "./faults.ts";
import { isRecord, type JsonRecord, listOf, recordOf, textOf } from "./json.ts";
import { countTokens, splitTokens } from "./token-count.ts";
import { answerWords } from "./words.ts";

/** Output tokens of a choice if nobody asks for another number. */
const tokensDefault = 16;

/** The choice whose words are the thoughts: one that no request can have. */
const thoughtsChoice = -1;

/** The parts of a request that decide what is generated. */
export interface Ask {
  readonly faults: Faults;
  /** Text of the last user message: what the answer's words depend on. */
  readonly prompt: string;
  readonly inputTokens: number;
  /** Output cap of each choice, reasoning inside; undefined if the request has none. */
  readonly cap: number | undefined;
  readonly choices?: number;
  readonly tools?: readonly Tool[];
  /** The request leaves the model no choice but to call a tool. */
  readonly toolRequired?: boolean;
}

/** A tool as any dialect declares it. */
export interface Tool {
  readonly name: string;
  readonly description: string;
  /** JSON Schema of its arguments. */
  readonly schema: JsonRecord;
}

/** A call of a tool; its arguments are the tokens joined. */
export interface ToolCall {
  readonly name: string;
  readonly nameTokens: number;
  readonly argumentTokens: readonly string[];
}

/** The text generated for each choice, and the usage of all of them. */
export interface Generation {
  /** Words of visible text, or pieces of the one asked for, each one output token. */
  readonly words: (choice?: number) => Iterable<string>;
  readonly wordCount: number;
  /** Words of reasoning, each one output token; not every dialect shows them. */
  readonly thoughts: () => Iterable<string>;
  readonly toolCalls: readonly ToolCall[];
  readonly reasoningTokens: number;
  readonly end: "stop" | "length" | "tools";
  readonly usage: BilledUsage;
}

/** Decides what is generated: first reasoning, then text, then tool calls, all within the cap. */
export function generate(ask: Ask): Generation {
  const { faults, prompt, inputTokens, choices = 1, tools = [] } = ask;
  const calls = tools.length === 0 ? 0 : (faults.toolCalls ?? (ask.toolRequired === true ? 1 : 0));
  const text = faults.text === undefined ? undefined : piecesOf(faults.text);
  const wanted = text?.length ?? faults.tokens ?? (calls > 0 ? 0 : tokensDefault);
  let room = ask.cap ?? Number.POSITIVE_INFINITY;
  const reasoningTokens = Math.min(faults.reasoningTokens ?? 0, room);
  room -= reasoningTokens;
  const wordCount = Math.min(wanted, room);
  room -= wordCount;
  const toolCalls: ToolCall[] = [];
  for (let index = 0; index < calls && room > 0; index += 1) {
    const call = callOf(tools[index % tools.length], prompt, room);
    room -= call.nameTokens + call.argumentTokens.length;
    toolCalls.push(call);
  }
  const perChoice = reasoningTokens + wordCount + sumOf(toolCalls);
  const length = wordCount < wanted || (calls > 0 && room <= 0);
  return {
    words: (choice = 0) => text?.slice(0, wordCount) ?? answerWords(prompt, wordCount, choice),
    wordCount,
    thoughts: () => answerWords(prompt, reasoningTokens, thoughtsChoice),
    toolCalls,
    reasoningTokens,
    end: length ? "length" : toolCalls.length > 0 ? "tools" : "stop",
    usage: {
      ...inputUsage(inputTokens, faults),
      outputTokens: perChoice * choices,
      reasoningTokens: reasoningTokens * choices,
    },
  };
}

/** The usage for input alone; the cached part is included. */
export function inputUsage(inputTokens: number, faults: Faults): BilledUsage {
  const cachedInputTokens = Math.min(faults.cachedTokens ?? 0, inputTokens);
  const cacheWriteTokens = Math.min(faults.cacheWriteTokens ?? 0, inputTokens - cachedInputTokens);
  const rest = inputTokens - cachedInputTokens - cacheWriteTokens;
  const cacheWrite1hTokens = Math.min(faults.cacheWrite1hTokens ?? 0, rest);
  const nothing = { outputTokens: 0, reasoningTokens: 0 };
  return { inputTokens, cachedInputTokens, cacheWriteTokens, cacheWrite1hTokens, ...nothing };
}

/** Input tokens that no cache had a part in: what some vendors call input. */
export function uncachedInput(usage: BilledUsage): number {
  return usage.inputTokens - usage.cachedInputTokens - usage.cacheWriteTokens - usage.cacheWrite1hTokens;
}

/**
 * Tokens of tool declarations by the constants of OpenAI's cookbook for the gpt-4o family: 7 a function, 3 for having
 * properties, 3 a property, 3 an enum item less 3, and 12 in all. Other vendors' constants differ; this is our bill.
 */
export function countTools(tools: readonly Tool[]): number {
  if (tools.length === 0) return 0;
  let total = 12;
  for (const { name, description, schema } of tools) {
    const properties = Object.entries(recordOf(schema.properties));
    total += 7 + countTokens(`${name}:${description.replace(/\.$/, "")}`) + (properties.length > 0 ? 3 : 0);
    for (const [key, value] of properties) {
      const { type, description: about, enum: items } = recordOf(value);
      const words = (textOf(about) ?? "").replace(/\.$/, "");
      total += 3 + countTokens(`${key}:${textOf(type) ?? ""}:${words}`);
      if (Array.isArray(items)) total -= 3;
      for (const item of listOf(items)) total += 3 + countTokens(String(item));
    }
  }
  return total;
}

/** A tool's arguments as the object they are; those that the cap cut are no JSON, and leave an empty one. */
export function toolInput(argumentTokens: readonly string[]): JsonRecord {
  try {
    return recordOf(JSON.parse(argumentTokens.join("")));
  } catch {
    return {};
  }
}

/** A text in its tokens; where one of them is no whole character, character by character. */
function piecesOf(text: string): readonly string[] {
  const tokens = splitTokens(text);
  return tokens.join("") === text ? tokens : [...text];
}

function callOf(tool: Tool | undefined, prompt: string, room: number): ToolCall {
  const name = tool?.name ?? "tool";
  const nameTokens = Math.min(countTokens(name), room);
  const values = Object.entries(recordOf(tool?.schema.properties)).map(([key, schema]) => [
    key,
    valueFor(recordOf(schema), prompt),
  ]);
  const tokens = splitTokens(JSON.stringify(Object.fromEntries(values)));
  return { name, nameTokens, argumentTokens: tokens.slice(0, room - nameTokens) };
}

/** A value that a property's schema allows, as far as its type says. */
function valueFor(schema: JsonRecord, prompt: string): unknown {
  if (Array.isArray(schema.enum)) return schema.enum[0];
  switch (schema.type) {
    case "integer":
    case "number":
      return 7;
    case "boolean":
      return true;
    case "array":
      return isRecord(schema.items) ? [valueFor(schema.items, prompt)] : [];
    case "object":
      return {};
    default:
      return [...answerWords(prompt, 3)].join("").trim();
  }
}

function sumOf(calls: readonly ToolCall[]): number {
  return calls.reduce((sum, call) => sum + call.nameTokens + call.argumentTokens.length, 0);
}
