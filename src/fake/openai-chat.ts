import { type Answer, brokenJson, type Content, type Frame, frame, sse, wholeFrames } from "./answer.ts";
import type { Call, FakeDialect, Operation } from "./dialect.ts";
import { countTools, type Generation, generate, type Tool } from "./generation.ts";
import { countOf, isRecord, type JsonRecord, listOf, recordOf, textOf } from "./json.ts";
import {
  isDeployment,
  openaiCredential,
  openaiError,
  openaiHeaders,
  openaiJsonHeaders,
  openaiMatch,
  refuseAsOpenai,
  refuseMissing,
  refuseUnknown,
  serviceTier,
} from "./openai.ts";
import { countTurns, lastUserText, type Turn } from "./prompt.ts";
import { type Refusal, refusal } from "./refusal.ts";
import { countTokens } from "./token-count.ts";

const choicesMax = 128;
const obfuscationChars = 8;

const parameters: ReadonlySet<string> = new Set(
  (
    "messages model audio frequency_penalty function_call functions logit_bias logprobs max_completion_tokens max_tokens metadata " +
    "modalities moderation n parallel_tool_calls prediction presence_penalty prompt_cache_key prompt_cache_options " +
    "prompt_cache_retention reasoning_effort response_format safety_identifier seed service_tier stop store stream stream_options " +
    "temperature tool_choice tools top_logprobs top_p user verbosity web_search_options"
  ).split(" "),
);

/** The first chunk of a stream on Azure's older paths: no choice, and neither id nor model. */
const azureStart: JsonRecord = {
  choices: [],
  created: 0,
  id: "",
  model: "",
  object: "",
  prompt_filter_results: [{ prompt_index: 0, content_filter_results: {} }],
};

const completions: Operation = {
  name: "chat.completions",
  model: (body) => textOf(body.model),
  streamed: (body) => body.stream === true,
  answer: answerChat,
};

/** OpenAI's chat completions, whole and streamed; Azure's paths for them, too. */
export const openaiChat: FakeDialect = {
  name: "openai-chat",
  match: (method, path) => openaiMatch(method, path, "chat/completions", completions),
  credential: openaiCredential,
  refuse: refuseAsOpenai,
};

function answerChat(call: Call): Answer | Refusal {
  const { body, faults } = call;
  const unknown = refuseUnknown(body, parameters);
  if (unknown !== undefined) return unknown;
  if (!Array.isArray(body.messages)) return refuseMissing("messages");
  const choices = countOf(body.n ?? 1) ?? 0;
  if (choices < 1 || choices > choicesMax) {
    return refusal("bad-request", { message: `Invalid 'n': expected 1 to ${choicesMax}.`, param: "n" });
  }
  const tools = toolsOf(body);
  const messages = listOf(body.messages).map(recordOf);
  const made = generate({
    faults,
    prompt: lastUserText(messages.map(turnOf)),
    inputTokens: countChat(messages) + countTools(tools),
    cap: countOf(body.max_completion_tokens) ?? countOf(body.max_tokens),
    choices,
    tools,
    toolRequired: body.tool_choice === "required" || isRecord(body.tool_choice),
  });
  const usage = made.usage;
  return call.streamed
    ? {
        type: "answer",
        status: 200,
        headers: { "content-type": "text/event-stream; charset=utf-8", ...openaiHeaders(call) },
        streamed: true,
        usage,
        hiddenTokens: usage.reasoningTokens,
        frames: streamOf(call, made, choices),
        flaws: {
          error: frame(sse(openaiError(refusal("server"), call))),
          broken: frame(sse(brokenJson)),
          empty: [frame(chunk(call, [delta(0, { role: "assistant", content: "" })])), frame(sse("[DONE]"))],
        },
      }
    : {
        type: "answer",
        status: 200,
        headers: openaiJsonHeaders(call),
        streamed: false,
        usage,
        frames: wholeFrames(wholeOf(call, made, choices), contentsOf(made, choices)),
        flaws: {
          error: frame(JSON.stringify(openaiError(refusal("server"), call))),
          broken: frame(brokenJson),
          empty: [frame(JSON.stringify({ ...shellOf(call, "chat.completion"), choices: [] }))],
        },
      };
}

/** Tokens of the messages; a name costs 1 besides itself, and tool calls in the history count by their JSON. */
function countChat(messages: readonly JsonRecord[]): number {
  let total = countTurns(messages.map(turnOf));
  for (const { name, tool_calls: toolCalls } of messages) {
    if (typeof name === "string") total += 1 + countTokens(name);
    if (Array.isArray(toolCalls)) total += countTokens(JSON.stringify(toolCalls));
  }
  return total;
}

function turnOf({ role, content }: JsonRecord): Turn {
  return { role: textOf(role) ?? "", content };
}

function toolsOf(body: JsonRecord): readonly Tool[] {
  return listOf(body.tools)
    .map((tool) => recordOf(recordOf(tool).function))
    .map((fields) => ({
      name: textOf(fields.name) ?? "tool",
      description: textOf(fields.description) ?? "",
      schema: recordOf(fields.parameters),
    }));
}

function finishReason({ faults }: Call, { end }: Generation): string {
  return faults.finish ?? (end === "tools" ? "tool_calls" : end);
}

function usageOf({ usage }: Generation): JsonRecord {
  return {
    prompt_tokens: usage.inputTokens,
    completion_tokens: usage.outputTokens,
    total_tokens: usage.inputTokens + usage.outputTokens,
    prompt_tokens_details: {
      cached_tokens: usage.cachedInputTokens,
      cache_write_tokens: usage.cacheWriteTokens + usage.cacheWrite1hTokens,
      audio_tokens: 0,
    },
    completion_tokens_details: {
      reasoning_tokens: usage.reasoningTokens,
      audio_tokens: 0,
      accepted_prediction_tokens: 0,
      rejected_prediction_tokens: 0,
    },
  };
}

/** The members that a whole answer and each chunk begin with. */
function shellOf(call: Call, object: string): JsonRecord {
  return {
    id: `chatcmpl-${call.id}`,
    object,
    created: call.createdS,
    model: call.model,
    service_tier: serviceTier(call.body),
    system_fingerprint: "fp_fake",
  };
}

function wholeOf(call: Call, made: Generation, choices: number): JsonRecord {
  const toolCalls = made.toolCalls.map(({ name, argumentTokens }, index) => ({
    id: toolCallId(call, 0, index),
    type: "function",
    function: { name, arguments: argumentTokens.join("") },
  }));
  return {
    ...shellOf(call, "chat.completion"),
    choices: Array.from({ length: choices }, (_, index) => ({
      index,
      message: {
        role: "assistant",
        content: made.wordCount === 0 && toolCalls.length > 0 ? null : [...made.words(index)].join(""),
        ...(toolCalls.length > 0 && { tool_calls: toolCalls }),
        refusal: null,
        annotations: [],
      },
      logprobs: null,
      finish_reason: finishReason(call, made),
    })),
    ...(call.faults.noUsage !== true && { usage: usageOf(made) }),
  };
}

function* contentsOf(made: Generation, choices: number): Generator<Content> {
  for (let choice = 0; choice < choices; choice += 1) {
    for (const text of made.words(choice)) yield { text, outputTokens: 1 };
    for (const { name, nameTokens, argumentTokens } of made.toolCalls) {
      yield { text: name, outputTokens: nameTokens };
      yield { text: argumentTokens.join(""), outputTokens: argumentTokens.length };
    }
  }
}

function* streamOf(call: Call, made: Generation, choices: number): Generator<Frame> {
  const all = Array.from({ length: choices }, (_, index) => index);
  if (isDeployment(call.path)) yield frame(sse(azureStart));
  for (const choice of all) {
    const content = made.toolCalls.length > 0 && made.wordCount === 0 ? null : "";
    yield frame(chunk(call, [delta(choice, { role: "assistant", content, refusal: null })]));
  }
  const words = all.map((choice) => made.words(choice)[Symbol.iterator]());
  for (let count = 0; count < made.wordCount; count += 1) {
    for (const choice of all) {
      yield frame(chunk(call, [delta(choice, { content: words[choice]?.next().value })]), 1);
    }
  }
  for (const choice of all) yield* toolCallStream(call, made, choice);
  for (const choice of all) yield frame(chunk(call, [delta(choice, {}, finishReason(call, made))]));
  if (asksUsage(call)) yield frame(chunk(call, [], usageOf(made)));
  yield frame(sse("[DONE]"));
}

function* toolCallStream(call: Call, made: Generation, choice: number): Generator<Frame> {
  for (const [index, { name, nameTokens, argumentTokens }] of made.toolCalls.entries()) {
    const start = { name, arguments: "" };
    const first = { index, id: toolCallId(call, choice, index), type: "function", function: start };
    yield frame(chunk(call, [delta(choice, { tool_calls: [first] })]), nameTokens);
    for (const fragment of argumentTokens) {
      const next = { index, function: { arguments: fragment } };
      yield frame(chunk(call, [delta(choice, { tool_calls: [next] })]), 1);
    }
  }
}

function asksUsage({ body, faults }: Call): boolean {
  return recordOf(body.stream_options).include_usage === true && faults.noUsage !== true;
}

function delta(index: number, fields: JsonRecord, finish: string | null = null): JsonRecord {
  return { index, delta: fields, logprobs: null, finish_reason: finish };
}

/** One chunk; `usage` is null in all but the last if the client asks for usage, and obfuscation stands where OpenAI pads. */
function chunk(call: Call, choices: readonly JsonRecord[], usage: JsonRecord | null = null): string {
  const obfuscated = recordOf(call.body.stream_options).include_obfuscation !== false && usage === null;
  return sse({
    ...shellOf(call, "chat.completion.chunk"),
    choices,
    ...(asksUsage(call) && { usage }),
    ...(obfuscated && { obfuscation: call.id.slice(0, obfuscationChars) }),
  });
}

function toolCallId({ id }: Call, choice: number, index: number): string {
  return `call_${id.slice(0, 16)}${choice}${index}`;
}
