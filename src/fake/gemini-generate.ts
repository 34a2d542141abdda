import { type Answer, brokenJson, type Content, type Frame, frame, sse, wholeFrames } from "./answer.ts";
import type { Call, FakeDialect, Operation } from "./dialect.ts";
import { geminiCredential, geminiError, geminiHeaders, geminiPath, isSse, refuseAsGemini } from "./gemini.ts";
import { countTools, type Generation, generate, type Tool, toolInput } from "./generation.ts";
import { countOf, type JsonRecord, listOf, recordOf, textOf } from "./json.ts";
import { countContent, countTurns, lastUserText, type Turn } from "./prompt.ts";
import { type Refusal, refusal } from "./refusal.ts";

const fields: ReadonlySet<string> = new Set(
  "contents systemInstruction tools toolConfig generationConfig safetySettings cachedContent labels serviceTier store".split(
    " ",
  ),
);
const candidatesMax = 8;

/** Gemini's generation, whole, as events and as a list that grows, and its count; at AI Studio's paths and at Vertex's. */
export const geminiGenerate: FakeDialect = {
  name: "gemini-generate",
  match: (method, path) => {
    const found = geminiPath(path);
    if (method !== "POST" || found === undefined) return undefined;
    return operationOf(found.operation, found.model);
  },
  credential: geminiCredential,
  refuse: refuseAsGemini,
};

function operationOf(name: string, model: string): Operation | undefined {
  const streamed = name === "streamGenerateContent";
  if (name === "countTokens") return { name, model: () => model, streamed: () => false, answer: answerCount };
  if (name !== "generateContent" && !streamed) return undefined;
  return { name, model: () => model, streamed: () => streamed, answer: answerGenerate };
}

function answerGenerate(call: Call): Answer | Refusal {
  const { body, faults } = call;
  const unknown = Object.keys(body).find((name) => !fields.has(name));
  if (unknown !== undefined) {
    return refusal("bad-request", {
      message: `Invalid JSON payload received. Unknown name "${unknown}": Cannot find field.`,
    });
  }
  if (listOf(body.contents).length === 0) {
    return refusal("bad-request", {
      message: "* GenerateContentRequest.contents: contents is not specified",
    });
  }
  const config = recordOf(body.generationConfig);
  const choices = countOf(config.candidateCount ?? 1) ?? 0;
  if (choices < 1 || choices > candidatesMax) {
    return refusal("bad-request", {
      message: "* GenerateContentRequest.generation_config.candidate_count: invalid",
    });
  }
  const made = generate({
    faults,
    prompt: lastUserText(turnsOf(body)),
    inputTokens: countInput(body),
    cap: countOf(config.maxOutputTokens),
    choices,
    tools: toolsOf(body),
    toolRequired: recordOf(recordOf(body.toolConfig).functionCallingConfig).mode === "ANY",
  });
  return call.streamed ? streamed(call, made, choices) : whole(call, made, choices);
}

function whole(call: Call, made: Generation, choices: number): Answer {
  return {
    type: "answer",
    status: 200,
    headers: geminiHeaders,
    streamed: false,
    usage: made.usage,
    frames: wholeFrames(wholeOf(call, made, choices), contentsOf(call, made, choices)),
    flaws: {
      error: frame(JSON.stringify(geminiError(refusal("overloaded"), call))),
      broken: frame(brokenJson),
      empty: [frame(JSON.stringify(shellOf(call)))],
    },
  };
}

function streamed(call: Call, made: Generation, choices: number): Answer {
  const events = isSse(call);
  const hiddenTokens = showsThoughts(call) ? 0 : made.usage.reasoningTokens;
  const error = geminiError(refusal("overloaded"), call);
  return {
    type: "answer",
    status: 200,
    headers: events ? { ...geminiHeaders, "content-type": "text/event-stream" } : geminiHeaders,
    streamed: true,
    usage: made.usage,
    hiddenTokens,
    frames: events ? asEvents(chunksOf(call, made, choices)) : asList(chunksOf(call, made, choices)),
    flaws: {
      error: frame(events ? sse(error) : `,\r\n${JSON.stringify(error)}]`),
      broken: frame(events ? sse(brokenJson) : `,\r\n${brokenJson}`),
      empty: [frame(events ? sse(shellOf(call)) : JSON.stringify([shellOf(call)]))],
    },
  };
}

function answerCount({ body }: Call): Answer {
  const inner = body.generateContentRequest;
  const totalTokens = countInput(inner === undefined ? body : recordOf(inner));
  const promptTokensDetails = [{ modality: "TEXT", tokenCount: totalTokens }];
  return {
    type: "answer",
    status: 200,
    headers: geminiHeaders,
    streamed: false,
    frames: [frame(JSON.stringify({ totalTokens, promptTokensDetails }))],
  };
}

function shellOf({ model, id }: Call): JsonRecord {
  return { modelVersion: model, responseId: id };
}

function wholeOf(call: Call, made: Generation, choices: number): JsonRecord {
  const calls = made.toolCalls.map(({ name, argumentTokens }) => functionCall(name, argumentTokens));
  const candidates = Array.from({ length: choices }, (_, index) => {
    const parts: JsonRecord[] = [];
    if (showsThoughts(call)) parts.push({ text: [...made.thoughts()].join(""), thought: true });
    if (made.wordCount > 0) parts.push({ text: [...made.words(index)].join("") });
    return candidate(index, [...parts, ...calls], finishReason(call, made));
  });
  return {
    candidates,
    ...(call.faults.noUsage !== true && { usageMetadata: usageOf(made, made.usage.outputTokens) }),
    ...shellOf(call),
  };
}

function* contentsOf(call: Call, made: Generation, choices: number): Generator<Content> {
  for (let index = 0; index < choices; index += 1) {
    if (showsThoughts(call)) for (const text of made.thoughts()) yield { text, outputTokens: 1 };
    for (const text of made.words(index)) yield { text, outputTokens: 1 };
    for (const { name, nameTokens, argumentTokens } of made.toolCalls) {
      yield { text: name, outputTokens: nameTokens + argumentTokens.length };
    }
  }
}

/** One chunk of a stream, and the output tokens in it. */
interface Chunk {
  readonly data: JsonRecord;
  readonly outputTokens: number;
}

/** Every chunk tells usage so far; the finish reason comes in a last one, also after a function call. */
function* chunksOf(call: Call, made: Generation, choices: number): Generator<Chunk> {
  let told = made.usage.reasoningTokens;
  const chunk = (
    index: number,
    parts: readonly JsonRecord[],
    outputTokens: number,
    finish?: string,
  ): Chunk => {
    told += outputTokens;
    const usage = call.faults.noUsage === true ? {} : { usageMetadata: usageOf(made, told) };
    return {
      data: { candidates: [candidate(index, parts, finish)], ...usage, ...shellOf(call) },
      outputTokens,
    };
  };
  if (showsThoughts(call)) {
    told = 0;
    for (let index = 0; index < choices; index += 1) {
      for (const text of made.thoughts()) yield chunk(index, [{ text, thought: true }], 1);
    }
  }
  for (let index = 0; index < choices; index += 1) {
    for (const text of made.words(index)) yield chunk(index, [{ text }], 1);
    for (const { name, nameTokens, argumentTokens } of made.toolCalls) {
      yield chunk(index, [functionCall(name, argumentTokens)], nameTokens + argumentTokens.length);
    }
    yield chunk(index, [{ text: "" }], 0, finishReason(call, made));
  }
}

function* asEvents(chunks: Iterable<Chunk>): Generator<Frame> {
  for (const { data, outputTokens } of chunks) yield frame(`${sse(data).trimEnd()}\r\n\r\n`, outputTokens);
}

function* asList(chunks: Iterable<Chunk>): Generator<Frame> {
  let before = "[";
  for (const { data, outputTokens } of chunks) {
    yield frame(before + JSON.stringify(data), outputTokens);
    before = "\n,\r\n";
  }
  yield frame("\n]\n");
}

function candidate(index: number, parts: readonly JsonRecord[], finish?: string): JsonRecord {
  const content = { parts, role: "model" };
  return { content, ...(finish !== undefined && { finishReason: finish }), index };
}

function functionCall(name: string, argumentTokens: readonly string[]): JsonRecord {
  return { functionCall: { name, args: toolInput(argumentTokens) } };
}

/** Tool calls end with STOP, too. */
function finishReason({ faults }: Call, { end }: Generation): string {
  return faults.finish ?? (end === "length" ? "MAX_TOKENS" : "STOP");
}

/** Gemini's input has what is cached inside, its candidates' tokens do not have the thoughts. */
function usageOf({ usage }: Generation, outputTokens: number): JsonRecord {
  const { inputTokens, cachedInputTokens } = usage;
  const thoughts = Math.min(usage.reasoningTokens, outputTokens);
  return {
    promptTokenCount: inputTokens,
    ...(cachedInputTokens > 0 && { cachedContentTokenCount: cachedInputTokens }),
    ...(outputTokens > thoughts && { candidatesTokenCount: outputTokens - thoughts }),
    totalTokenCount: inputTokens + outputTokens,
    promptTokensDetails: [{ modality: "TEXT", tokenCount: inputTokens }],
    ...(thoughts > 0 && { thoughtsTokenCount: thoughts }),
  };
}

function showsThoughts({ body, faults }: Call): boolean {
  const config = recordOf(recordOf(body.generationConfig).thinkingConfig);
  return config.includeThoughts === true && (faults.reasoningTokens ?? 0) > 0;
}

function countInput(body: JsonRecord): number {
  const system = recordOf(body.systemInstruction);
  return countContent(system.parts) + countTurns(turnsOf(body)) + countTools(toolsOf(body));
}

function turnsOf(body: JsonRecord): readonly Turn[] {
  return listOf(body.contents)
    .map(recordOf)
    .map(({ role, parts }) => ({ role: textOf(role) ?? "user", content: parts }));
}

function toolsOf(body: JsonRecord): readonly Tool[] {
  return listOf(body.tools)
    .flatMap((tool) => listOf(recordOf(tool).functionDeclarations))
    .map(recordOf)
    .map((declared) => ({
      name: textOf(declared.name) ?? "tool",
      description: textOf(declared.description) ?? "",
      schema: recordOf(declared.parametersJsonSchema ?? declared.parameters),
    }));
}
