import type { DialectName } from "../../../src/dialect/dialect.ts";
import { frameEventStream } from "./event-stream-frames.ts";

/** What one answer says, in the pieces that its events have. */
export interface ScriptedAnswer {
  readonly reasoning?: readonly string[];
  readonly text: readonly string[];
  /** The JSON of a tool call's arguments. */
  readonly args?: readonly string[];
  /** Pieces of text before the call begins, in formats without blocks. Absent: all. */
  readonly callAt?: number;
}

/** How providers of a format write an answer. */
export interface ScriptedFormat {
  readonly name: DialectName;
  /** Several answers to one request are possible. */
  readonly choices: boolean;
  /** False: the format has text alone. */
  readonly tools: boolean;
  readonly path: (stream: boolean) => string;
  readonly request: object;
  readonly contentType: (stream: boolean) => string;
  readonly stream: (answers: readonly ScriptedAnswer[]) => Buffer;
  readonly whole: (answers: readonly ScriptedAnswer[]) => Buffer;
}

type Event = { readonly type: string } & Readonly<Record<string, unknown>>;

const json = (value: unknown) => Buffer.from(JSON.stringify(value));
const data = (value: object) => `data: ${JSON.stringify(value)}\n\n`;
const named = (value: Event) => `event: ${value.type}\n${data(value)}`;
const sse = (stream: boolean) => (stream ? "text/event-stream" : "application/json");
const aws = (stream: boolean) => (stream ? "application/vnd.amazon.eventstream" : "application/json");
const joined = (pieces: readonly string[] | undefined) => (pieces ?? []).join("");
const parsed = (pieces: readonly string[] | undefined) => JSON.parse(joined(pieces) || "{}");
const user = [{ role: "user", content: "hi" }];

/** Takes the answers' pieces in turns, as streams with several answers mix them. */
function inTurns<Item>(
  lists: readonly (readonly Item[])[],
): readonly { readonly choice: number; readonly item: Item }[] {
  const longest = Math.max(...lists.map((list) => list.length));
  return Array.from({ length: longest }, (_, at) => at).flatMap((at) =>
    lists.flatMap((list, choice) => {
      const item = list[at];
      return item === undefined ? [] : [{ choice, item }];
    }),
  );
}

const chatUsage = { prompt_tokens: 9, completion_tokens: 5, total_tokens: 14 };

function chatChunk(choice: number, delta: object, finish: string | null = null): object {
  const head = { id: "c1", object: "chat.completion.chunk", created: 1700000000, model: "m" };
  return { ...head, choices: [{ index: choice, delta, logprobs: null, finish_reason: finish }], usage: null };
}

function chatDeltas({ reasoning = [], text, args = [], callAt }: ScriptedAnswer): readonly object[] {
  const half = callAt ?? text.length;
  return [
    { role: "assistant", content: "" },
    ...reasoning.map((piece) => ({ reasoning_content: piece })),
    ...text.slice(0, half).map((piece) => ({ content: piece })),
    ...(args.length === 0
      ? []
      : [
          {
            tool_calls: [{ index: 0, id: "t1", type: "function", function: { name: "look", arguments: "" } }],
          },
        ]),
    ...text.slice(half).map((piece) => ({ content: piece })),
    ...args.map((piece) => ({ tool_calls: [{ index: 0, function: { arguments: piece } }] })),
  ];
}

const chat: ScriptedFormat = {
  name: "openai-chat",
  choices: true,
  tools: true,
  path: () => "/v1/chat/completions",
  request: { model: "m", messages: user, n: 2, stream: true, stream_options: { include_usage: true } },
  contentType: sse,
  stream: (answers) =>
    Buffer.from(
      [
        ...inTurns(answers.map(chatDeltas)).map(({ choice, item }) => data(chatChunk(choice, item))),
        ...answers.map((_, choice) => data(chatChunk(choice, {}, "stop"))),
        data({ ...chatChunk(0, {}), choices: [], usage: chatUsage }),
        "data: [DONE]\n\n",
      ].join(""),
    ),
  whole: (answers) =>
    json({
      id: "c1",
      object: "chat.completion",
      created: 1700000000,
      model: "m",
      choices: answers.map(({ reasoning, text, args }, index) => ({
        index,
        message: {
          role: "assistant",
          ...(reasoning === undefined ? {} : { reasoning_content: joined(reasoning) }),
          content: joined(text),
          ...(args === undefined
            ? {}
            : {
                tool_calls: [
                  { id: "t1", type: "function", function: { name: "look", arguments: joined(args) } },
                ],
              }),
        },
        finish_reason: "stop",
      })),
      usage: chatUsage,
    }),
};

const completions: ScriptedFormat = {
  name: "openai-completions",
  choices: true,
  tools: false,
  path: () => "/v1/completions",
  request: {
    model: "m",
    prompt: "hi",
    max_tokens: 9,
    n: 2,
    stream: true,
    stream_options: { include_usage: true },
  },
  contentType: sse,
  stream: (answers) =>
    Buffer.from(
      [
        ...inTurns(answers.map(({ text }) => text)).map(({ choice, item }) =>
          data({
            id: "c",
            object: "text_completion",
            model: "m",
            choices: [{ index: choice, text: item, finish_reason: null }],
          }),
        ),
        ...answers.map((_, index) =>
          data({
            id: "c",
            object: "text_completion",
            model: "m",
            choices: [{ index, text: "", finish_reason: "stop" }],
          }),
        ),
        data({ id: "c", object: "text_completion", model: "m", choices: [], usage: chatUsage }),
        "data: [DONE]\n\n",
      ].join(""),
    ),
  whole: (answers) =>
    json({
      id: "c",
      object: "text_completion",
      model: "m",
      choices: answers.map(({ text }, index) => ({
        index,
        text: joined(text),
        logprobs: null,
        finish_reason: "stop",
      })),
      usage: chatUsage,
    }),
};

const responsesUsage = { input_tokens: 9, output_tokens: 5, total_tokens: 14 };

function responsesItems({ reasoning, text, args }: ScriptedAnswer): readonly object[] {
  return [
    ...(reasoning === undefined
      ? []
      : [{ id: "rs", type: "reasoning", summary: [{ type: "summary_text", text: joined(reasoning) }] }]),
    {
      id: "msg",
      type: "message",
      role: "assistant",
      status: "completed",
      content: [{ type: "output_text", text: joined(text), annotations: [], logprobs: [] }],
    },
    ...(args === undefined
      ? []
      : [
          {
            id: "fc",
            type: "function_call",
            call_id: "t1",
            name: "look",
            arguments: joined(args),
            status: "completed",
          },
        ]),
  ];
}

function* responsesEvents(answer: ScriptedAnswer): Iterable<Event> {
  const { reasoning = [], text, args = [] } = answer;
  const items = responsesItems(answer);
  const at = (type: string) => items.findIndex((item) => (item as { type: string }).type === type);
  yield { type: "response.created", response: { id: "r", model: "m", status: "in_progress", output: [] } };
  if (reasoning.length > 0) {
    const place = { item_id: "rs", output_index: at("reasoning"), summary_index: 0 };
    yield {
      type: "response.output_item.added",
      output_index: 0,
      item: { id: "rs", type: "reasoning", summary: [] },
    };
    for (const delta of reasoning) yield { type: "response.reasoning_summary_text.delta", ...place, delta };
    yield { type: "response.reasoning_summary_text.done", ...place, text: joined(reasoning) };
    yield { type: "response.output_item.done", output_index: 0, item: items[0] };
  }
  const place = { item_id: "msg", output_index: at("message"), content_index: 0 };
  yield {
    type: "response.output_item.added",
    output_index: at("message"),
    item: { id: "msg", type: "message", content: [] },
  };
  yield {
    type: "response.content_part.added",
    ...place,
    part: { type: "output_text", text: "", annotations: [], logprobs: [] },
  };
  for (const delta of text) yield { type: "response.output_text.delta", ...place, delta, logprobs: [] };
  yield { type: "response.output_text.done", ...place, text: joined(text), logprobs: [] };
  yield { type: "response.content_part.done", ...place, part: { type: "output_text", text: joined(text) } };
  yield { type: "response.output_item.done", output_index: at("message"), item: items[at("message")] };
  if (args.length > 0) {
    const call = { item_id: "fc", output_index: at("function_call") };
    const item = { id: "fc", type: "function_call", call_id: "t1", name: "look", arguments: "" };
    yield { type: "response.output_item.added", output_index: call.output_index, item };
    for (const delta of args) yield { type: "response.function_call_arguments.delta", ...call, delta };
    yield { type: "response.function_call_arguments.done", ...call, arguments: joined(args) };
    yield { type: "response.output_item.done", output_index: call.output_index, item: items.at(-1) };
  }
  yield {
    type: "response.completed",
    response: { id: "r", model: "m", status: "completed", output: items, usage: responsesUsage },
  };
}

const responses: ScriptedFormat = {
  name: "openai-responses",
  choices: false,
  tools: true,
  path: () => "/v1/responses",
  request: { model: "m", input: "hi", stream: true },
  contentType: sse,
  stream: ([answer = { text: [] }]) =>
    Buffer.from(
      [...responsesEvents(answer)].map((event, n) => named({ ...event, sequence_number: n })).join(""),
    ),
  whole: ([answer = { text: [] }]) =>
    json({
      id: "r",
      object: "response",
      model: "m",
      status: "completed",
      output: responsesItems(answer),
      usage: responsesUsage,
    }),
};

const messagesUsage = { input_tokens: 9, output_tokens: 5 };

/** Claude's events. */
function messagesEvents({ reasoning = [], text, args = [] }: ScriptedAnswer): readonly Event[] {
  const start = (index: number, content_block: object) => ({
    type: "content_block_start",
    index,
    content_block,
  });
  const delta = (index: number, delta: object) => ({ type: "content_block_delta", index, delta });
  const stop = (index: number) => ({ type: "content_block_stop", index });
  return [
    {
      type: "message_start",
      message: {
        id: "m",
        type: "message",
        role: "assistant",
        model: "m",
        content: [],
        usage: { input_tokens: 9, output_tokens: 1 },
      },
    },
    { type: "ping" },
    ...(reasoning.length === 0
      ? []
      : [
          start(0, { type: "thinking", thinking: "", signature: "" }),
          ...reasoning.map((thinking) => delta(0, { type: "thinking_delta", thinking })),
          delta(0, { type: "signature_delta", signature: "sig" }),
          stop(0),
        ]),
    start(1, { type: "text", text: "" }),
    ...text.map((piece) => delta(1, { type: "text_delta", text: piece })),
    stop(1),
    ...(args.length === 0
      ? []
      : [
          start(2, { type: "tool_use", id: "t1", name: "look", input: {} }),
          ...args.map((partial_json) => delta(2, { type: "input_json_delta", partial_json })),
          stop(2),
        ]),
    {
      type: "message_delta",
      delta: { stop_reason: "end_turn", stop_sequence: null },
      usage: { output_tokens: 5 },
    },
    { type: "message_stop" },
  ];
}

function messagesWhole([{ reasoning, text, args } = { text: [] }]: readonly ScriptedAnswer[]): Buffer {
  return json({
    id: "m",
    type: "message",
    role: "assistant",
    model: "m",
    content: [
      ...(reasoning === undefined
        ? []
        : [{ type: "thinking", thinking: joined(reasoning), signature: "sig" }]),
      { type: "text", text: joined(text) },
      ...(args === undefined ? [] : [{ type: "tool_use", id: "t1", name: "look", input: parsed(args) }]),
    ],
    stop_reason: "end_turn",
    stop_sequence: null,
    usage: messagesUsage,
  });
}

const messages: ScriptedFormat = {
  name: "anthropic-messages",
  choices: false,
  tools: true,
  path: () => "/v1/messages",
  request: { model: "m", max_tokens: 9, messages: user, stream: true },
  contentType: sse,
  stream: ([answer = { text: [] }]) => Buffer.from(messagesEvents(answer).map(named).join("")),
  whole: messagesWhole,
};

const invoke: ScriptedFormat = {
  name: "bedrock-invoke",
  choices: false,
  tools: true,
  path: (stream) => `/model/anthropic.claude-3-haiku/invoke${stream ? "-with-response-stream" : ""}`,
  request: { anthropic_version: "bedrock-2023-05-31", max_tokens: 10, messages: user },
  contentType: aws,
  stream: ([answer = { text: [] }]) =>
    frameEventStream(
      messagesEvents(answer)
        .map((event) => `#chunk ${JSON.stringify(event)}\n`)
        .join(""),
    ),
  whole: messagesWhole,
};

const converseUsage = { inputTokens: 9, outputTokens: 5, totalTokens: 14 };

const converse: ScriptedFormat = {
  name: "bedrock-converse",
  choices: false,
  tools: true,
  path: (stream) => `/model/anthropic.claude-3-haiku/converse${stream ? "-stream" : ""}`,
  request: { messages: [{ role: "user", content: [{ text: "hi" }] }] },
  contentType: aws,
  stream: ([{ reasoning = [], text, args = [] } = { text: [] }]) => {
    const delta = (contentBlockIndex: number, delta: object) =>
      `contentBlockDelta ${JSON.stringify({ contentBlockIndex, delta, p: "abcd" })}`;
    const stop = (contentBlockIndex: number) => `contentBlockStop ${JSON.stringify({ contentBlockIndex })}`;
    return frameEventStream(
      [
        'messageStart {"role":"assistant"}',
        ...reasoning.map((piece) => delta(0, { reasoningContent: { text: piece } })),
        ...(reasoning.length === 0 ? [] : [delta(0, { reasoningContent: { signature: "sig" } }), stop(0)]),
        ...text.map((piece) => delta(1, { text: piece })),
        stop(1),
        ...(args.length === 0
          ? []
          : [
              'contentBlockStart {"contentBlockIndex":2,"start":{"toolUse":{"toolUseId":"t1","name":"look"}}}',
            ]),
        ...args.map((piece) => delta(2, { toolUse: { input: piece } })),
        ...(args.length === 0 ? [] : [stop(2)]),
        'messageStop {"stopReason":"end_turn"}',
        `metadata ${JSON.stringify({ usage: converseUsage })}`,
      ].join("\n"),
    );
  },
  whole: ([{ reasoning, text, args } = { text: [] }]) =>
    json({
      output: {
        message: {
          role: "assistant",
          content: [
            ...(reasoning === undefined
              ? []
              : [{ reasoningContent: { reasoningText: { text: joined(reasoning), signature: "sig" } } }]),
            { text: joined(text) },
            ...(args === undefined
              ? []
              : [{ toolUse: { toolUseId: "t1", name: "look", input: parsed(args) } }]),
          ],
        },
      },
      stopReason: "end_turn",
      usage: converseUsage,
    }),
};

const geminiUsage = { promptTokenCount: 9, candidatesTokenCount: 5, totalTokenCount: 14 };

function geminiParts({ reasoning = [], text, args, callAt }: ScriptedAnswer): readonly object[] {
  const said = text.map((piece) => ({ text: piece }));
  return [
    ...reasoning.map((piece) => ({ text: piece, thought: true })),
    ...said.slice(0, callAt),
    ...(args === undefined ? [] : [{ functionCall: { name: "look", args: parsed(args) } }]),
    ...(callAt === undefined ? [] : said.slice(callAt)),
  ];
}

const gemini: ScriptedFormat = {
  name: "gemini-generate",
  choices: true,
  tools: true,
  path: (stream) => `/v1beta/models/m:${stream ? "streamGenerateContent?alt=sse" : "generateContent"}`,
  request: { contents: [{ role: "user", parts: [{ text: "hi" }] }] },
  contentType: sse,
  stream: (answers) =>
    Buffer.from(
      [
        ...inTurns(answers.map(geminiParts)).map(({ choice, item }) =>
          data({
            candidates: [{ content: { role: "model", parts: [item] }, index: choice }],
            usageMetadata: geminiUsage,
            modelVersion: "m",
            responseId: "g",
          }),
        ),
        data({
          candidates: answers.map((_, index) => ({
            content: { role: "model", parts: [{ text: "" }] },
            finishReason: "STOP",
            index,
          })),
          usageMetadata: geminiUsage,
          modelVersion: "m",
          responseId: "g",
        }),
      ].join(""),
    ),
  whole: (answers) =>
    json({
      candidates: answers.map((answer, index) => ({
        content: {
          role: "model",
          parts: geminiParts({
            text: [joined(answer.text)],
            ...(answer.reasoning === undefined ? {} : { reasoning: [joined(answer.reasoning)] }),
            ...(answer.args === undefined ? {} : { args: answer.args }),
          }),
        },
        finishReason: "STOP",
        index,
      })),
      usageMetadata: geminiUsage,
      modelVersion: "m",
      responseId: "g",
    }),
};

/** Every format in which models are asked for text. */
export const scriptedFormats: readonly ScriptedFormat[] = [
  chat,
  completions,
  responses,
  messages,
  converse,
  invoke,
  gemini,
];
