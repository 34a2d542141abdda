import { type Answer, brokenJson, type Content, type Frame, frame, sse, wholeFrames } from "./answer.ts";
import {
  anthropicCredential,
  anthropicError,
  anthropicHeaders,
  refuseAsAnthropic,
  refuseFields,
} from "./anthropic.ts";
import type { Call, FakeDialect, Operation, RequestFacts } from "./dialect.ts";
import { countTools, type Generation, generate, type Tool, toolInput, uncachedInput } from "./generation.ts";
import { countOf, type JsonRecord, listOf, recordOf, textOf } from "./json.ts";
import { countContent, countTurns, lastUserText, type Turn } from "./prompt.ts";
import { type Refusal, refusal } from "./refusal.ts";

const countParameters =
  "cache_control context_management mcp_servers messages model output_config output_format speed system thinking tool_choice tools";
const countFields: ReadonlySet<string> = new Set(countParameters.split(" "));
const createFields: ReadonlySet<string> = new Set(
  (
    `${countParameters} container diagnostics inference_geo max_tokens metadata service_tier stop_sequences stream temperature ` +
    "top_k top_p user_profile_id workspace_id"
  ).split(" "),
);
/** The output tokens that `message_start` claims: no total, only what has been made when the stream begins. */
const firstOutputTokens = 1;
const signatureTimes = 4;

const create: Operation = {
  name: "messages",
  model: (body) => textOf(body.model),
  streamed: (body) => body.stream === true,
  answer: (call) =>
    refuseRequest(call, createFields, ["model", "max_tokens", "messages"]) ?? answerMessages(call),
};

const count: Operation = {
  name: "messages.count_tokens",
  model: (body) => textOf(body.model),
  streamed: () => false,
  answer: (call) => refuseRequest(call, countFields, ["model", "messages"]) ?? answerCount(call),
};

/** Anthropic's messages, whole and streamed, and their count. */
export const anthropicMessages: FakeDialect = {
  name: "anthropic-messages",
  match: (method, path) => {
    if (method !== "POST") return undefined;
    return path === "/v1/messages" ? create : path === "/v1/messages/count_tokens" ? count : undefined;
  },
  credential: anthropicCredential,
  refuse: refuseAsAnthropic,
};

/** One event of a streamed message, and the output tokens in it. */
export interface MessageEvent {
  readonly data: JsonRecord & { readonly type: string };
  readonly outputTokens: number;
}

/** Generates the answer to a request in Anthropic's format. */
export function generateMessage({ body, faults }: Call): Generation {
  const tools = toolsOf(body);
  const choice = recordOf(body.tool_choice).type;
  return generate({
    faults,
    prompt: lastUserText(turnsOf(body)),
    inputTokens: countInput(body),
    cap: countOf(body.max_tokens),
    tools,
    toolRequired: choice === "any" || choice === "tool",
  });
}

/** A whole message. */
export function messageOf(call: Call, made: Generation): JsonRecord {
  const content: JsonRecord[] = [];
  if (made.reasoningTokens > 0) {
    content.push({ type: "thinking", thinking: [...made.thoughts()].join(""), signature: signatureOf(call) });
  }
  if (made.wordCount > 0) content.push({ type: "text", text: [...made.words()].join("") });
  for (const [index, { name, argumentTokens }] of made.toolCalls.entries()) {
    content.push({ type: "tool_use", id: toolUseId(call, index), name, input: toolInput(argumentTokens) });
  }
  return {
    ...shellOf(call),
    content,
    stop_reason: stopReason(call, made),
    ...(call.faults.noUsage !== true && { usage: usageOf(made, made.usage.outputTokens) }),
  };
}

/** The texts of a whole message, in their order. */
export function* messageContents(made: Generation): Generator<Content> {
  for (const text of made.thoughts()) yield { text, outputTokens: 1 };
  for (const text of made.words()) yield { text, outputTokens: 1 };
  for (const { name, nameTokens, argumentTokens } of made.toolCalls) {
    yield { text: name, outputTokens: nameTokens + argumentTokens.length };
  }
}

/** A message as a stream of events: start, its blocks, how it stopped and what it cost, stop. */
export function* messageEvents(call: Call, made: Generation): Generator<MessageEvent> {
  const told = call.faults.noUsage !== true;
  const usage = told ? { usage: usageOf(made, firstOutputTokens) } : {};
  yield event({
    type: "message_start",
    message: { ...shellOf(call), content: [], stop_reason: null, ...usage },
  });
  let index = 0;
  if (made.reasoningTokens > 0) {
    const signature = { type: "signature_delta", signature: signatureOf(call) };
    yield start(index, { type: "thinking", thinking: "", signature: "" });
    for (const thinking of made.thoughts()) yield delta(index, { type: "thinking_delta", thinking }, 1);
    yield delta(index, signature, 0);
    yield event({ type: "content_block_stop", index });
    index += 1;
  }
  if (made.wordCount > 0) {
    yield start(index, { type: "text", text: "" });
    yield event({ type: "ping" });
    for (const text of made.words()) yield delta(index, { type: "text_delta", text }, 1);
    yield event({ type: "content_block_stop", index });
    index += 1;
  }
  for (const [number, { name, nameTokens, argumentTokens }] of made.toolCalls.entries()) {
    yield start(index, { type: "tool_use", id: toolUseId(call, number), name, input: {} }, nameTokens);
    for (const json of argumentTokens)
      yield delta(index, { type: "input_json_delta", partial_json: json }, 1);
    yield event({ type: "content_block_stop", index });
    index += 1;
  }
  yield event({
    type: "message_delta",
    delta: { stop_reason: stopReason(call, made), stop_sequence: null },
    // Cumulative, and without the input, which only the start has.
    ...(told && { usage: { output_tokens: made.usage.outputTokens } }),
  });
  yield event({ type: "message_stop" });
}

function answerMessages(call: Call): Answer {
  const made = generateMessage(call);
  const { usage } = made;
  const headers = anthropicHeaders(call);
  return call.streamed
    ? {
        type: "answer",
        status: 200,
        headers: {
          "content-type": "text/event-stream; charset=utf-8",
          "cache-control": "no-cache",
          ...headers,
        },
        streamed: true,
        usage,
        frames: framesOf(messageEvents(call, made)),
        flaws: {
          error: frame(sse(anthropicError(refusal("overloaded"), call), "error")),
          broken: frame(sse(brokenJson, "content_block_delta")),
          empty: framesOf(emptyEvents(call)),
        },
      }
    : {
        type: "answer",
        status: 200,
        headers: { "content-type": "application/json", ...headers },
        streamed: false,
        usage,
        frames: wholeFrames(messageOf(call, made), messageContents(made)),
        flaws: {
          error: frame(JSON.stringify(anthropicError(refusal("overloaded"), call))),
          broken: frame(brokenJson),
          empty: [frame(JSON.stringify({ ...shellOf(call), content: [], stop_reason: null }))],
        },
      };
}

function answerCount(call: Call): Answer {
  return {
    type: "answer",
    status: 200,
    headers: { "content-type": "application/json", ...anthropicHeaders(call) },
    streamed: false,
    frames: [frame(JSON.stringify({ input_tokens: countInput(call.body) }))],
  };
}

function refuseRequest(
  call: Call,
  known: ReadonlySet<string>,
  required: readonly string[],
): Refusal | undefined {
  if (call.headers["anthropic-version"] === undefined) {
    return refusal("bad-request", { message: "anthropic-version: header is required" });
  }
  // Only callers of a beta know which members it adds to the body.
  if (call.headers["anthropic-beta"] !== undefined) return undefined;
  return refuseFields(call.body, known, required);
}

function* framesOf(events: Iterable<MessageEvent>): Generator<Frame> {
  for (const { data, outputTokens } of events) yield frame(sse(data, data.type), outputTokens);
}

function* emptyEvents(call: Call): Generator<MessageEvent> {
  yield event({ type: "message_start", message: { ...shellOf(call), content: [], stop_reason: null } });
  yield event({ type: "message_stop" });
}

function event(data: MessageEvent["data"], outputTokens = 0): MessageEvent {
  return { data, outputTokens };
}

function start(index: number, block: JsonRecord, outputTokens = 0): MessageEvent {
  return event({ type: "content_block_start", index, content_block: block }, outputTokens);
}

function delta(index: number, fields: JsonRecord, outputTokens: number): MessageEvent {
  return event({ type: "content_block_delta", index, delta: fields }, outputTokens);
}

function shellOf(call: RequestFacts): JsonRecord {
  const fields = { type: "message", role: "assistant", model: call.model, stop_sequence: null };
  return { id: `msg_01${call.id.slice(0, 22)}`, ...fields };
}

function stopReason({ faults }: Call, { end }: Generation): string {
  return faults.finish ?? (end === "length" ? "max_tokens" : end === "tools" ? "tool_use" : "end_turn");
}

/** Anthropic's input excludes what was read from the cache or written to it. */
function usageOf({ usage }: Generation, outputTokens: number): JsonRecord {
  const { cacheWriteTokens, cacheWrite1hTokens } = usage;
  return {
    input_tokens: uncachedInput(usage),
    cache_creation_input_tokens: cacheWriteTokens + cacheWrite1hTokens,
    cache_read_input_tokens: usage.cachedInputTokens,
    cache_creation: {
      ephemeral_5m_input_tokens: cacheWriteTokens,
      ephemeral_1h_input_tokens: cacheWrite1hTokens,
    },
    output_tokens: outputTokens,
    service_tier: "standard",
  };
}

function countInput(body: JsonRecord): number {
  return countContent(body.system) + countTurns(turnsOf(body)) + countTools(toolsOf(body));
}

function turnsOf(body: JsonRecord): readonly Turn[] {
  return listOf(body.messages)
    .map(recordOf)
    .map(({ role, content }) => ({ role: textOf(role) ?? "", content }));
}

function toolsOf(body: JsonRecord): readonly Tool[] {
  return listOf(body.tools)
    .map(recordOf)
    .map((tool) => ({
      name: textOf(tool.name) ?? "tool",
      description: textOf(tool.description) ?? "",
      schema: recordOf(tool.input_schema),
    }));
}

function toolUseId({ id }: RequestFacts, index: number): string {
  return `toolu_01${id.slice(0, 20)}${index}`;
}

function signatureOf({ id }: RequestFacts): string {
  return Buffer.from(id.repeat(signatureTimes)).toString("base64");
}
