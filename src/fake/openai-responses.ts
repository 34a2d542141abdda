import { type Answer, brokenJson, type Content, type Frame, frame, sse, wholeFrames } from "./answer.ts";
import type { Call, FakeDialect, Operation } from "./dialect.ts";
import { countTools, type Generation, generate, type Tool } from "./generation.ts";
import { countOf, isRecord, type JsonRecord, listOf, recordOf, textOf } from "./json.ts";
import {
  openaiCredential,
  openaiError,
  openaiHeaders,
  openaiJsonHeaders,
  refuseAsOpenai,
  refuseMissing,
  refuseUnknown,
  serviceTier,
} from "./openai.ts";
import { countContent, countTurns, lastUserText, type Turn } from "./prompt.ts";
import { type Refusal, refusal } from "./refusal.ts";

const parameters: ReadonlySet<string> = new Set(
  (
    "background context_management conversation include input instructions max_output_tokens max_tool_calls metadata model moderation " +
    "parallel_tool_calls previous_response_id prompt prompt_cache_key prompt_cache_options prompt_cache_retention reasoning " +
    "safety_identifier service_tier store stream stream_options temperature text tool_choice tools top_logprobs top_p truncation user"
  ).split(" "),
);
/** Fields that pull in what the body does not show, and the input tokens that each of them is billed at. */
const storedFields = ["previous_response_id", "conversation", "prompt"];
const storedTokens = 1_000;

const create: Operation = {
  name: "responses",
  model: (body) => textOf(body.model),
  streamed: (body) => body.stream === true,
  answer: answerResponse,
};

const count: Operation = {
  name: "responses.input_tokens",
  model: (body) => textOf(body.model),
  streamed: () => false,
  answer: answerCount,
};

/** OpenAI's responses, whole and streamed, and their count. No response is stored or runs in the background. */
export const openaiResponses: FakeDialect = {
  name: "openai-responses",
  match: (method, path) => {
    const operation = /^(?:\/openai)?\/v1\/responses(\/input_tokens)?$/.exec(path);
    if (method !== "POST" || operation === null) return undefined;
    return operation[1] === undefined ? create : count;
  },
  credential: openaiCredential,
  refuse: refuseAsOpenai,
};

function answerResponse(call: Call): Answer | Refusal {
  const { body, faults } = call;
  const unknown = refuseUnknown(body, parameters);
  if (unknown !== undefined) return unknown;
  if (storedFields.every((name) => body[name] == null) && body.input === undefined)
    return refuseMissing("input");
  if (body.background === true) {
    return refusal("bad-request", { message: "This provider has no background mode.", param: "background" });
  }
  const tools = toolsOf(body);
  const made = generate({
    faults,
    prompt: lastUserText(turnsOf(body)),
    inputTokens: countInput(body),
    cap: countOf(body.max_output_tokens),
    tools,
    toolRequired: body.tool_choice === "required" || isRecord(body.tool_choice),
  });
  const error = openaiError(refusal("server"), call);
  const headers = openaiHeaders(call);
  const hiddenTokens = made.reasoningTokens;
  return call.streamed
    ? {
        type: "answer",
        status: 200,
        headers: { "content-type": "text/event-stream; charset=utf-8", ...headers },
        streamed: true,
        usage: made.usage,
        hiddenTokens,
        frames: numbered(streamOf(call, made)),
        flaws: {
          error: frame(sse(errorEvent(recordOf(error.error)), "error")),
          broken: frame(sse(brokenJson, "response.output_text.delta")),
          empty: numbered(emptyStream(call)),
        },
      }
    : {
        type: "answer",
        status: 200,
        headers: openaiJsonHeaders(call),
        streamed: false,
        usage: made.usage,
        hiddenTokens,
        frames: wholeFrames(wholeOf(call, made), contentsOf(made)),
        flaws: {
          error: frame(JSON.stringify(error)),
          broken: frame(brokenJson),
          empty: [frame(JSON.stringify(shellOf(call, "completed")))],
        },
      };
}

function answerCount(call: Call): Answer {
  return {
    type: "answer",
    status: 200,
    headers: openaiJsonHeaders(call),
    streamed: false,
    frames: [frame(JSON.stringify({ object: "response.input_tokens", input_tokens: countInput(call.body) }))],
  };
}

/** A response without its output. */
function shellOf({ id, createdS, model, body }: Call, status: string): JsonRecord {
  return {
    id: `resp_${id}`,
    object: "response",
    created_at: createdS,
    status,
    background: false,
    error: null,
    incomplete_details: null,
    instructions: body.instructions ?? null,
    max_output_tokens: body.max_output_tokens ?? null,
    model,
    output: [],
    parallel_tool_calls: body.parallel_tool_calls ?? true,
    previous_response_id: body.previous_response_id ?? null,
    reasoning: { effort: null, summary: null },
    service_tier: serviceTier(body),
    store: body.store ?? true,
    temperature: body.temperature ?? 1,
    text: { format: { type: "text" } },
    tool_choice: body.tool_choice ?? "auto",
    tools: body.tools ?? [],
    top_p: body.top_p ?? 1,
    truncation: "disabled",
    usage: null,
    metadata: body.metadata ?? {},
  };
}

function wholeOf(call: Call, made: Generation): JsonRecord {
  const isCut = made.end === "length";
  return {
    ...shellOf(call, isCut ? "incomplete" : "completed"),
    incomplete_details: isCut ? { reason: call.faults.finish ?? "max_output_tokens" } : null,
    output: itemsOf(call, made).map(({ done }) => done),
    usage: call.faults.noUsage === true ? null : usageOf(made),
  };
}

/** One item of the output: how it begins, how it ends, and the deltas between. */
interface Item {
  readonly begun: JsonRecord;
  readonly done: JsonRecord;
  readonly beginTokens: number;
  /** Undefined for reasoning, which shows nothing. */
  readonly kind?: "text" | "arguments";
  readonly deltas: Iterable<string>;
}

function itemsOf(call: Call, made: Generation): readonly Item[] {
  const items: Item[] = [];
  if (made.reasoningTokens > 0) {
    const reasoning = { id: `rs_${call.id}`, type: "reasoning", summary: [] };
    items.push({ begun: reasoning, done: reasoning, beginTokens: 0, deltas: [] });
  }
  if (made.wordCount > 0 || made.toolCalls.length === 0) {
    const message = { id: `msg_${call.id}`, type: "message", role: "assistant" };
    items.push({
      begun: { ...message, status: "in_progress", content: [] },
      done: { ...message, status: "completed", content: [textPart([...made.words()].join(""))] },
      beginTokens: 0,
      kind: "text",
      deltas: made.words(),
    });
  }
  for (const [index, { name, nameTokens, argumentTokens }] of made.toolCalls.entries()) {
    const id = `${call.id.slice(0, 20)}${index}`;
    const toolCall = { id: `fc_${id}`, type: "function_call", call_id: `call_${id}`, name };
    items.push({
      begun: { ...toolCall, status: "in_progress", arguments: "" },
      done: { ...toolCall, status: "completed", arguments: argumentTokens.join("") },
      beginTokens: nameTokens,
      kind: "arguments",
      deltas: argumentTokens,
    });
  }
  return items;
}

/** An event before it has its number. */
interface Unnumbered {
  readonly data: JsonRecord & { readonly type: string };
  readonly outputTokens?: number;
}

function* streamOf(call: Call, made: Generation): Generator<Unnumbered> {
  yield { data: { type: "response.created", response: shellOf(call, "in_progress") } };
  yield { data: { type: "response.in_progress", response: shellOf(call, "in_progress") } };
  for (const [index, item] of itemsOf(call, made).entries()) yield* itemEvents(index, item);
  const response = wholeOf(call, made);
  yield { data: { type: `response.${response.status}`, response } };
}

function* itemEvents(output_index: number, item: Item): Generator<Unnumbered> {
  const { begun, done, beginTokens, kind, deltas } = item;
  const where = { item_id: begun.id, output_index };
  yield {
    data: { type: "response.output_item.added", output_index, item: begun },
    outputTokens: beginTokens,
  };
  if (kind === "arguments") {
    const type = "response.function_call_arguments";
    for (const delta of deltas) yield { data: { type: `${type}.delta`, ...where, delta }, outputTokens: 1 };
    yield { data: { type: `${type}.done`, ...where, arguments: done.arguments } };
  }
  if (kind === "text") {
    const place = { ...where, content_index: 0 };
    yield { data: { type: "response.content_part.added", ...place, part: textPart("") } };
    const type = "response.output_text";
    for (const delta of deltas) {
      yield { data: { type: `${type}.delta`, ...place, delta, logprobs: [] }, outputTokens: 1 };
    }
    const [part] = listOf(done.content).map(recordOf);
    yield { data: { type: `${type}.done`, ...place, text: part?.text, logprobs: [] } };
    yield { data: { type: "response.content_part.done", ...place, part } };
  }
  yield { data: { type: "response.output_item.done", output_index, item: done } };
}

/** An error as an event: its fields at the top, unlike in an error body. */
function errorEvent({ type, code, message, param }: JsonRecord): JsonRecord {
  return { type: "error", code: code ?? type, message, param, sequence_number: 0 };
}

function* emptyStream(call: Call): Generator<Unnumbered> {
  yield { data: { type: "response.created", response: shellOf(call, "in_progress") } };
  yield { data: { type: "response.completed", response: shellOf(call, "completed") } };
}

function* numbered(events: Iterable<Unnumbered>): Generator<Frame> {
  let sequence = 0;
  for (const { data, outputTokens = 0 } of events) {
    yield frame(sse({ ...data, sequence_number: sequence }, data.type), outputTokens);
    sequence += 1;
  }
}

function* contentsOf(made: Generation): Generator<Content> {
  for (const text of made.words()) yield { text, outputTokens: 1 };
  for (const { name, nameTokens, argumentTokens } of made.toolCalls) {
    yield { text: name, outputTokens: nameTokens };
    yield { text: argumentTokens.join(""), outputTokens: argumentTokens.length };
  }
}

function usageOf({ usage }: Generation): JsonRecord {
  return {
    input_tokens: usage.inputTokens,
    input_tokens_details: {
      cached_tokens: usage.cachedInputTokens,
      cache_write_tokens: usage.cacheWriteTokens + usage.cacheWrite1hTokens,
    },
    output_tokens: usage.outputTokens,
    output_tokens_details: { reasoning_tokens: usage.reasoningTokens },
    total_tokens: usage.inputTokens + usage.outputTokens,
  };
}

function countInput(body: JsonRecord): number {
  const stored = storedFields.filter((name) => body[name] != null).length * storedTokens;
  return countContent(body.instructions) + countTurns(turnsOf(body)) + countTools(toolsOf(body)) + stored;
}

/** The input as turns: a text is one of the user's, an item that is no message counts by its JSON. */
function turnsOf({ input }: JsonRecord): readonly Turn[] {
  if (typeof input === "string") return [{ role: "user", content: input }];
  return listOf(input)
    .map(recordOf)
    .map((item) => {
      const role = textOf(item.role);
      return role === undefined
        ? { role: "tool", content: JSON.stringify(item) }
        : { role, content: item.content };
    });
}

function toolsOf(body: JsonRecord): readonly Tool[] {
  return listOf(body.tools)
    .map(recordOf)
    .filter(({ type }) => type === "function")
    .map((tool) => ({
      name: textOf(tool.name) ?? "tool",
      description: textOf(tool.description) ?? "",
      schema: recordOf(tool.parameters),
    }));
}

function textPart(text: string): JsonRecord {
  return { type: "output_text", text, annotations: [], logprobs: [] };
}
