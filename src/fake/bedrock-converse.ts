import { type Answer, brokenJson, type Content, type Frame, frame, wholeFrames } from "./answer.ts";
import { eventMessage, exceptionMessage } from "./aws-event-stream.ts";
import {
  bedrockCredential,
  bedrockException,
  bedrockHeaders,
  bedrockPath,
  refuseAsBedrock,
  verifyBedrock,
} from "./bedrock.ts";
import type { Call, FakeDialect, Operation } from "./dialect.ts";
import { countTools, type Generation, generate, type Tool, toolInput, uncachedInput } from "./generation.ts";
import { countOf, type JsonRecord, listOf, recordOf, textOf } from "./json.ts";
import { countContent, countTurns, lastUserText, type Turn } from "./prompt.ts";
import { type Refusal, refusal } from "./refusal.ts";

const fields: ReadonlySet<string> = new Set(
  (
    "messages system inferenceConfig toolConfig guardrailConfig additionalModelRequestFields promptVariables " +
    "additionalModelResponseFieldPaths requestMetadata performanceConfig serviceTier outputConfig"
  ).split(" "),
);
const paddingChars = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

/** Amazon Bedrock's Converse, whole and as an event stream, and its count. */
export const bedrockConverse: FakeDialect = {
  name: "bedrock-converse",
  match: (method, path) => {
    const found = bedrockPath(path);
    if (method !== "POST" || found === undefined) return undefined;
    return operationOf(found.operation, found.model);
  },
  credential: bedrockCredential,
  verify: verifyBedrock,
  refuse: refuseAsBedrock,
};

function operationOf(name: string, model: string): Operation | undefined {
  const streamed = name === "converse-stream";
  if (name === "count-tokens") {
    return { name, model: () => model, streamed: () => false, answer: answerCount };
  }
  if (name !== "converse" && !streamed) return undefined;
  return { name, model: () => model, streamed: () => streamed, answer: answerConverse };
}

function answerConverse(call: Call): Answer | Refusal {
  const { body, faults } = call;
  if (!Array.isArray(body.messages))
    return refusal("bad-request", { message: "messages is a required field" });
  const unknown = Object.keys(body).find((name) => !fields.has(name));
  if (unknown !== undefined)
    return refusal("bad-request", { message: `extraneous key [${unknown}] is not permitted` });
  const tools = toolsOf(body);
  const choice = recordOf(recordOf(body.toolConfig).toolChoice);
  const made = generate({
    faults,
    prompt: lastUserText(turnsOf(body)),
    inputTokens: countInput(body),
    cap: countOf(recordOf(body.inferenceConfig).maxTokens),
    tools,
    toolRequired: choice.any !== undefined || choice.tool !== undefined,
  });
  const headers = bedrockHeaders(call);
  const error = bedrockException(refusal("server"), call);
  return call.streamed
    ? {
        type: "answer",
        status: 200,
        headers: { "content-type": "application/vnd.amazon.eventstream", ...headers },
        streamed: true,
        usage: made.usage,
        frames: streamOf(call, made),
        flaws: {
          error: bytesFrame(exceptionMessage("internalServerException", error)),
          broken: bytesFrame(eventMessage("contentBlockDelta", brokenJson)),
          empty: [event("messageStart", { role: "assistant" })],
        },
      }
    : {
        type: "answer",
        status: 200,
        headers: { "content-type": "application/json", ...headers },
        streamed: false,
        usage: made.usage,
        frames: wholeFrames(wholeOf(call, made), contentsOf(made)),
        flaws: {
          // What Bedrock's own framework says under status 200: no output in it.
          error: frame(
            JSON.stringify({
              Output: { __type: "com.amazon.coral.service#InternalFailure" },
              Version: "1.0",
            }),
          ),
          broken: frame(brokenJson),
          empty: [frame(JSON.stringify({ output: { message: { role: "assistant", content: [] } } }))],
        },
      };
}

function answerCount(call: Call): Answer | Refusal {
  const converse = recordOf(recordOf(call.body.input).converse);
  if (!Array.isArray(converse.messages))
    return refusal("bad-request", { message: "input.converse is required" });
  return {
    type: "answer",
    status: 200,
    headers: { "content-type": "application/json", ...bedrockHeaders(call) },
    streamed: false,
    frames: [frame(JSON.stringify({ inputTokens: countInput(converse) }))],
  };
}

function wholeOf(call: Call, made: Generation): JsonRecord {
  const content: JsonRecord[] = [];
  if (made.reasoningTokens > 0) {
    const reasoningText = { text: [...made.thoughts()].join(""), signature: call.id };
    content.push({ reasoningContent: { reasoningText } });
  }
  if (made.wordCount > 0) content.push({ text: [...made.words()].join("") });
  for (const [index, { name, argumentTokens }] of made.toolCalls.entries()) {
    content.push({ toolUse: { toolUseId: toolUseId(call, index), name, input: toolInput(argumentTokens) } });
  }
  return {
    metrics: { latencyMs: 1 },
    output: { message: { content, role: "assistant" } },
    stopReason: stopReason(call, made),
    ...(call.faults.noUsage !== true && { usage: usageOf(made) }),
  };
}

function* contentsOf(made: Generation): Generator<Content> {
  for (const text of made.thoughts()) yield { text, outputTokens: 1 };
  for (const text of made.words()) yield { text, outputTokens: 1 };
  for (const { name, nameTokens, argumentTokens } of made.toolCalls) {
    yield { text: name, outputTokens: nameTokens + argumentTokens.length };
  }
}

/** A text block has no start; its usage comes after the stop, in a separate event. */
function* streamOf(call: Call, made: Generation): Generator<Frame> {
  yield event("messageStart", { role: "assistant" });
  let contentBlockIndex = 0;
  if (made.reasoningTokens > 0) {
    for (const text of made.thoughts()) yield delta(contentBlockIndex, { reasoningContent: { text } }, 1);
    yield delta(contentBlockIndex, { reasoningContent: { signature: call.id } }, 0);
    yield event("contentBlockStop", { contentBlockIndex });
    contentBlockIndex += 1;
  }
  if (made.wordCount > 0) {
    for (const text of made.words()) yield delta(contentBlockIndex, { text }, 1);
    yield event("contentBlockStop", { contentBlockIndex });
    contentBlockIndex += 1;
  }
  for (const [index, { name, nameTokens, argumentTokens }] of made.toolCalls.entries()) {
    const start = { toolUse: { name, toolUseId: toolUseId(call, index) } };
    yield event("contentBlockStart", { contentBlockIndex, start }, nameTokens);
    for (const input of argumentTokens) yield delta(contentBlockIndex, { toolUse: { input } }, 1);
    yield event("contentBlockStop", { contentBlockIndex });
    contentBlockIndex += 1;
  }
  yield event("messageStop", { stopReason: stopReason(call, made) });
  if (call.faults.noUsage !== true)
    yield event("metadata", { metrics: { latencyMs: 1 }, usage: usageOf(made) });
}

function delta(contentBlockIndex: number, fieldsOfDelta: JsonRecord, outputTokens: number): Frame {
  return event("contentBlockDelta", { contentBlockIndex, delta: fieldsOfDelta }, outputTokens);
}

/** An event; its padding hides how long it is. */
function event(type: string, payload: JsonRecord, outputTokens = 0): Frame {
  const length = JSON.stringify(payload).length % paddingChars.length;
  return bytesFrame(eventMessage(type, { ...payload, p: paddingChars.slice(0, length) }), outputTokens);
}

function bytesFrame(bytes: Buffer, outputTokens = 0): Frame {
  return { bytes, outputTokens };
}

function stopReason({ faults }: Call, { end }: Generation): string {
  return faults.finish ?? (end === "length" ? "max_tokens" : end === "tools" ? "tool_use" : "end_turn");
}

/** Bedrock's input excludes what was read from the cache or written to it, and so does its total. */
function usageOf({ usage }: Generation): JsonRecord {
  const { cachedInputTokens, cacheWriteTokens, cacheWrite1hTokens, outputTokens } = usage;
  const isCached = cachedInputTokens + cacheWriteTokens + cacheWrite1hTokens > 0;
  return {
    inputTokens: uncachedInput(usage),
    outputTokens,
    totalTokens: uncachedInput(usage) + outputTokens,
    ...(isCached && {
      cacheReadInputTokens: cachedInputTokens,
      cacheWriteInputTokens: cacheWriteTokens + cacheWrite1hTokens,
      cacheDetails: [
        { ttl: "5m", inputTokens: cacheWriteTokens },
        { ttl: "1h", inputTokens: cacheWrite1hTokens },
      ].filter(({ inputTokens }) => inputTokens > 0),
    }),
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
  return listOf(recordOf(body.toolConfig).tools)
    .map((tool) => recordOf(recordOf(tool).toolSpec))
    .filter(({ name }) => name !== undefined)
    .map((tool) => ({
      name: textOf(tool.name) ?? "tool",
      description: textOf(tool.description) ?? "",
      schema: recordOf(recordOf(tool.inputSchema).json),
    }));
}

function toolUseId({ id }: Call, index: number): string {
  return `tooluse_${id.slice(0, 20)}${index}`;
}
