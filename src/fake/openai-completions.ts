import { type Answer, brokenJson, type Content, type Frame, frame, sse, wholeFrames } from "./answer.ts";
import type { Call, FakeDialect, Operation } from "./dialect.ts";
import { type Generation, generate } from "./generation.ts";
import { countOf, type JsonRecord, listOf, recordOf, textOf } from "./json.ts";
import {
  openaiCredential,
  openaiError,
  openaiHeaders,
  openaiJsonHeaders,
  openaiMatch,
  refuseAsOpenai,
  refuseMissing,
  refuseUnknown,
} from "./openai.ts";
import { type Refusal, refusal } from "./refusal.ts";
import { countTokens } from "./token-count.ts";

const parameters: ReadonlySet<string> = new Set(
  (
    "best_of echo frequency_penalty logit_bias logprobs max_tokens model n presence_penalty prompt seed stop stream stream_options " +
    "suffix temperature top_p user"
  ).split(" "),
);
/** OpenAI's own default, unlike in chat. */
const maxTokensDefault = 16;
const choicesMax = 128;

const create: Operation = {
  name: "completions",
  model: (body) => textOf(body.model),
  streamed: (body) => body.stream === true,
  answer: answerCompletion,
};

/** OpenAI's older completions of one prompt or several. */
export const openaiCompletions: FakeDialect = {
  name: "openai-completions",
  match: (method, path) => openaiMatch(method, path, "completions", create),
  credential: openaiCredential,
  refuse: refuseAsOpenai,
};

function answerCompletion(call: Call): Answer | Refusal {
  const { body } = call;
  const unknown = refuseUnknown(body, parameters);
  if (unknown !== undefined) return unknown;
  if (body.prompt === undefined) return refuseMissing("prompt");
  const prompts = promptsOf(body.prompt);
  const choices = prompts.length * (countOf(body.n ?? 1) ?? 0);
  if (choices < 1 || choices > choicesMax) {
    return refusal("bad-request", {
      message: `Invalid 'n': expected 1 to ${choicesMax} choices.`,
      param: "n",
    });
  }
  const made = generate({
    faults: call.faults,
    prompt: JSON.stringify(prompts),
    inputTokens: prompts.reduce<number>((sum, prompt) => sum + countPrompt(prompt), 0),
    cap: countOf(body.max_tokens) ?? maxTokensDefault,
    choices,
  });
  const error = openaiError(refusal("server"), call);
  const hiddenTokens = made.usage.reasoningTokens;
  return call.streamed
    ? {
        type: "answer",
        status: 200,
        headers: { "content-type": "text/event-stream; charset=utf-8", ...openaiHeaders(call) },
        streamed: true,
        usage: made.usage,
        hiddenTokens,
        frames: streamOf(call, made, choices),
        flaws: { error: frame(sse(error)), broken: frame(sse(brokenJson)), empty: [frame(sse("[DONE]"))] },
      }
    : {
        type: "answer",
        status: 200,
        headers: openaiJsonHeaders(call),
        streamed: false,
        usage: made.usage,
        hiddenTokens,
        frames: wholeFrames(wholeOf(call, made, choices), contentsOf(made, choices)),
        flaws: {
          error: frame(JSON.stringify(error)),
          broken: frame(brokenJson),
          empty: [frame(JSON.stringify({ ...shellOf(call), choices: [] }))],
        },
      };
}

function wholeOf(call: Call, made: Generation, choices: number): JsonRecord {
  return {
    ...shellOf(call),
    choices: Array.from({ length: choices }, (_, index) =>
      choice(index, [...made.words(index)].join(""), finishReason(call, made)),
    ),
    ...(call.faults.noUsage !== true && { usage: usageOf(made) }),
  };
}

function* contentsOf(made: Generation, choices: number): Generator<Content> {
  for (let index = 0; index < choices; index += 1) {
    for (const text of made.words(index)) yield { text, outputTokens: 1 };
  }
}

function* streamOf(call: Call, made: Generation, choices: number): Generator<Frame> {
  const asked = recordOf(call.body.stream_options).include_usage === true && call.faults.noUsage !== true;
  const shell = { ...shellOf(call), ...(asked && { usage: null }) };
  for (let index = 0; index < choices; index += 1) {
    for (const text of made.words(index))
      yield frame(sse({ ...shell, choices: [choice(index, text, null)] }), 1);
    yield frame(sse({ ...shell, choices: [choice(index, "", finishReason(call, made))] }));
  }
  if (asked) yield frame(sse({ ...shell, choices: [], usage: usageOf(made) }));
  yield frame(sse("[DONE]"));
}

function choice(index: number, text: string, finish: string | null): JsonRecord {
  return { index, text, logprobs: null, finish_reason: finish };
}

function shellOf({ id, createdS, model }: Call): JsonRecord {
  return {
    id: `cmpl-${id}`,
    object: "text_completion",
    created: createdS,
    model,
    system_fingerprint: "fp_fake",
  };
}

function finishReason({ faults }: Call, { end }: Generation): string {
  return faults.finish ?? (end === "length" ? "length" : "stop");
}

function usageOf({ usage }: Generation): JsonRecord {
  return {
    prompt_tokens: usage.inputTokens,
    completion_tokens: usage.outputTokens,
    total_tokens: usage.inputTokens + usage.outputTokens,
  };
}

/** One text, several, one list of tokens, or several of those. */
function promptsOf(prompt: unknown): readonly unknown[] {
  return Array.isArray(prompt) && typeof prompt[0] !== "number" ? prompt : [prompt];
}

function countPrompt(prompt: unknown): number {
  return typeof prompt === "string" ? countTokens(prompt) : listOf(prompt).length;
}
