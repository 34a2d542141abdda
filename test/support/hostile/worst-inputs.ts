import { gzipSync } from "node:zlib";
import { encodeEventStreamMessage } from "../../../src/core/event-stream.ts";

/** Something that a client or provider may send, made to be slow to read. */
export interface WorstInput {
  readonly name: string;
  /** Its bytes, about as many as asked for. */
  readonly make: (bytes: number) => Buffer;
}

/** A text repeated to about so many bytes, between two others. */
function filled(before: string, piece: string, after: string): (bytes: number) => Buffer {
  return (bytes) => {
    const times = Math.floor((bytes - before.length - after.length) / Buffer.byteLength(piece));
    return Buffer.from(`${before}${piece.repeat(Math.max(1, times))}${after}`);
  };
}

const chat = '{"model":"one","max_tokens":5,"messages":[{"role":"user","content":"hi"}]';

/** Bodies of chat requests. */
export const worstRequests: readonly WorstInput[] = [
  { name: "escaped keys", make: filled(chat, ',"\\n":1', "}") },
  { name: "escaped keys of many letters", make: filled(chat, `,"${"\\u0061".repeat(40)}":1`, "}") },
  { name: "upper-case keys", make: filled(chat, ',"ABCDEF":1', "}") },
  { name: "keys in other scripts", make: filled(chat, ',"жжжж":1', "}") },
  { name: "keys of one letter", make: filled(chat, ',"q":1', "}") },
  {
    name: "tool properties",
    make: filled(
      `${chat},"tools":[{"type":"function","function":{"name":"t","parameters":{"properties":{"a":{}`,
      ',"A\\u0041":{"type":"x"}',
      "}}}}]}",
    ),
  },
  { name: "tools", make: filled(`${chat},"tools":[{}`, ",{}", "]}") },
  {
    name: "messages",
    make: filled('{"model":"one","max_tokens":5,"messages":[{}', ',{"role":"user","content":"a"}', "]}"),
  },
  {
    name: "images",
    make: filled(
      '{"model":"one","max_tokens":5,"messages":[{"role":"user","content":[{}',
      ',{"type":"image_url"}',
      "]}]}",
    ),
  },
  { name: "numbers", make: filled(`${chat},"x":[0`, ",0", "]}") },
  { name: "empty lists", make: filled(`${chat},"x":[[]`, ",[]", "]}") },
  { name: "nesting", make: filled(`${chat},"x":[0`, `,${"[".repeat(100)}${"]".repeat(100)}`, "]}") },
  {
    name: "escaped text",
    make: filled(
      '{"model":"one","max_tokens":5,"messages":[{"role":"user","content":"',
      "\\ud83d\\ude00",
      '"}]}',
    ),
  },
  {
    name: "text of many tokens",
    make: filled('{"model":"one","max_tokens":5,"messages":[{"role":"user","content":"', "a1 ", '"}]}'),
  },
  {
    name: "text without a gap",
    make: filled('{"model":"one","max_tokens":5,"messages":[{"role":"user","content":"', "字", '"}]}'),
  },
  {
    name: "half of a surrogate pair at the end",
    make: filled(
      '{"model":"one","max_tokens":5,"messages":[{"role":"user","content":"',
      "\\u0061",
      '\\ud83d"}]}',
    ),
  },
  {
    name: "a call's arguments",
    make: filled(
      `${chat.slice(0, -1)},{"role":"assistant","tool_calls":[{"id":"a","type":"function","function":{"name":"f","arguments":"[0`,
      ',\\"\\\\n\\"',
      ']"}}]},{"role":"tool","tool_call_id":"a","content":"b"}]}',
    ),
  },
  {
    name: "an image",
    make: filled(
      '{"model":"one","max_tokens":5,"messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"data:image/png;base64,',
      "AAAA",
      '"}}]}]}',
    ),
  },
  { name: "the same key", make: filled(`${chat},"x":{"a":1`, ',"a":1', "}}") },
  { name: "stop sequences", make: filled(`${chat},"stop":["a"`, ',"b"', "]}") },
  { name: "white space", make: filled(chat, " \n", "}") },
  { name: "one long number", make: filled(`${chat},"x":1`, "1", "}") },
  { name: "not JSON at its end", make: filled(chat, ',"\\t":1', "") },
];

const anthropicStart = [
  '{"type":"message_start","message":{"id":"m","type":"message","role":"assistant","model":"m","content":[],"usage":{"input_tokens":1,"output_tokens":1}}}',
  '{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}',
  '{"type":"content_block_start","index":1,"content_block":{"type":"tool_use","id":"t","name":"f","input":{}}}',
]
  .map((data) => `event: ${JSON.parse(data).type}\ndata: ${data}\n\n`)
  .join("");

function anthropicDelta(type: string, member: string, json: string): string {
  const index = type === "text_delta" ? 0 : 1;
  return `event: content_block_delta\ndata: {"type":"content_block_delta","index":${index},"delta":{"type":"${type}","${member}":"${json}"}}\n\n`;
}

const answerEnd =
  '"choices":[{"index":0,"message":{"role":"assistant","content":"hi"},"finish_reason":"stop"}],"usage":{"prompt_tokens":1,"completion_tokens":1}}';

/** Whole answers of a chat provider. */
export const worstAnswers: readonly WorstInput[] = [
  { name: "numbers", make: filled('{"x":[0', ",0", `],${answerEnd}`) },
  { name: "empty lists", make: filled('{"x":[[]', ",[]", `],${answerEnd}`) },
  { name: "keys", make: filled('{"x":{"a":1', ',"\\u0061":1', `},${answerEnd}`) },
  { name: "choices", make: filled('{"choices":[{}', ',{"message":{"content":"a"}}', "]}") },
  {
    name: "text of many tokens, without usage",
    make: filled('{"choices":[{"index":0,"message":{"content":"', "a1 ", '"},"finish_reason":"stop"}]}'),
  },
  { name: "nesting", make: filled('{"x":[0', `,${"[".repeat(100)}${"]".repeat(100)}`, `],${answerEnd}`) },
  { name: "escaped text", make: filled('{"x":"', "\\ud83d\\ude00", `",${answerEnd}`) },
  { name: "text in another script", make: filled('{"x":"', "字", `",${answerEnd}`) },
  {
    name: "a call's arguments",
    make: filled(
      '{"choices":[{"index":0,"finish_reason":"tool_calls","message":{"role":"assistant","tool_calls":[{"id":"a","type":"function","function":{"name":"f","arguments":"[0',
      ',\\"\\\\n\\"',
      ']"}}]}}],"usage":{"prompt_tokens":1,"completion_tokens":1}}',
    ),
  },
  { name: "half of an answer", make: filled('{"x":[0', ",0", "") },
];

/** A stream of one event, which has a bound of its own. */
function oneEvent(name: string, before: string, piece: string, after: string): WorstInput[] {
  const make = filled(`data: ${before}`, piece, `${after}\n\n`);
  return [{ name: `one event: ${name}`, make: (bytes) => make(Math.min(bytes, 8_000_000)) }];
}

/** Streams of a chat provider. */
export const worstStreams: readonly WorstInput[] = [
  { name: "line feeds", make: filled("", "\n", "\n") },
  { name: "carriage returns", make: filled("", "\r", "\n") },
  { name: "empty comments", make: filled("", ":\n\n", "\n") },
  { name: "empty data", make: filled("", "data\n", "\n\n") },
  { name: "unknown fields", make: filled("", "x\n", "\n\n") },
  { name: "small events", make: filled("", 'data: {"choices":[]}\n\n', "\n\n") },
  {
    name: "one event of one text",
    make: (bytes) => filled('data: {"x":"', "A", '"}\n\n')(Math.min(bytes, 8_000_000)),
  },
  {
    name: "one event of one text in another script",
    make: (bytes) => filled('data: {"x":"', "字", '"}\n\n')(Math.min(bytes, 8_000_000)),
  },
  ...oneEvent("escaped line feeds", '{"x":"', "\\n", '"}'),
  ...oneEvent("many tokens", '{"choices":[{"delta":{"content":"', "a1 ", '"}}]}'),
  ...oneEvent("text without a gap", '{"choices":[{"delta":{"content":"', "字", '"}}]}'),
  ...oneEvent("escaped text", '{"choices":[{"delta":{"content":"', "\\ud83d\\ude00", '"}}]}'),
  ...oneEvent("half surrogate pairs", '{"choices":[{"delta":{"content":"', "\\ud83d", '"}}]}'),
  ...oneEvent(
    "a call's arguments",
    '{"choices":[{"delta":{"tool_calls":[{"index":0,"id":"a","function":{"name":"f","arguments":"[0',
    ',\\"\\\\n\\"',
    ']"}}]}}]}',
  ),
  ...oneEvent("texts of 60 KB", '{"x":[""', `,"${"\\n".repeat(30_000)}"`, "]}"),
  ...oneEvent("long keys", '{"x":{"a":0', `,"${"字".repeat(300)}":0`, "}}"),
  ...oneEvent("one number", '{"x":1', "1", "}"),
  ...oneEvent("white space", '{"x":1', " ", "}"),
  {
    name: "events of half a megabyte",
    make: filled("", `data: {"x":"${"\\n".repeat(250_000)}"}\n\n`, "\n\n"),
  },
  {
    name: "events of 2,000 choices",
    make: filled(
      "",
      `data: {"choices":[${Array.from({ length: 2_000 }, (_, n) => `{"index":${n},"delta":{"content":"a"}}`).join(",")}]}\n\n`,
      "\n\n",
    ),
  },
  {
    name: "an event of a long name",
    make: (bytes) => filled("event: ", "字", "\n\n")(Math.min(bytes, 8_000_000)),
  },
  {
    name: "an event of many lines",
    make: filled("", `${`data: ${"a".repeat(1_900)}\n`.repeat(4_000)}\n`, "\n"),
  },
  { name: "one event of numbers", make: filled('data: {"x":[0', ",0", "]}\n\n") },
  { name: "one event of lists", make: filled('data: {"x":[[]', ",[]", "]}\n\n") },
  { name: "deltas", make: filled("", 'data: {"choices":[{"delta":{"content":"a"}}]}\n\n', "\n\n") },
  {
    name: "text without a gap",
    make: filled("", `data: {"choices":[{"delta":{"content":"${"字".repeat(1000)}"}}]}\n\n`, "\n\n"),
  },
];

/** Streams of Anthropic, which are translated. */
export const worstTranslatedStreams: readonly WorstInput[] = [
  ...translatedEvent("many tokens", "text_delta", "text", "a1 "),
  ...translatedEvent("text without a gap", "text_delta", "text", "字"),
  ...translatedEvent("escaped text", "text_delta", "text", "\\n"),
  ...translatedEvent("a call's arguments", "input_json_delta", "partial_json", '\\"\\\\n\\",'),
  ...translatedEvent("quotes and long numbers", "input_json_delta", "partial_json", '\\"1234567890123456,'),
  {
    name: "deltas",
    make: filled(anthropicStart, anthropicDelta("text_delta", "text", "a"), "\n\n"),
  },
];

/** Events of half a megabyte: more of one is not translated. */
function translatedEvent(name: string, type: string, member: string, piece: string): WorstInput[] {
  const times = Math.floor(520_000 / Buffer.byteLength(piece));
  return [
    {
      name: `events: ${name}`,
      make: filled(anthropicStart, anthropicDelta(type, member, piece.repeat(times)), "\n\n"),
    },
  ];
}

/** Streams of Bedrock. */
export const worstEventStreams: readonly WorstInput[] = [
  {
    name: "empty frames",
    make: (bytes) => {
      const frame = encodeEventStreamMessage([], Buffer.alloc(0));
      return Buffer.alloc(bytes - (bytes % frame.length), frame);
    },
  },
  {
    name: "frames of headers",
    make: (bytes) => {
      const headers = Array.from({ length: 1_000 }, (_, n) => [`h${n}`, "v"] as const);
      const frame = encodeEventStreamMessage(headers, Buffer.alloc(0));
      return Buffer.alloc(bytes - (bytes % frame.length), frame);
    },
  },
];

/** Streams of Bedrock's messages of JSON. */
export const worstMessages: readonly WorstInput[] = [
  ...messagesOf("lists", '{"x":[[]', ",[]", "]}"),
  ...messagesOf("many tokens", '{"contentBlockIndex":0,"delta":{"text":"', "a1 ", '"}}'),
  ...messagesOf("text without a gap", '{"contentBlockIndex":0,"delta":{"text":"', "字", '"}}'),
  ...messagesOf("escaped text", '{"contentBlockIndex":0,"delta":{"text":"', "\\n", '"}}'),
];

function messagesOf(name: string, before: string, piece: string, after: string): WorstInput[] {
  const payload = filled(before, piece, after)(520_000);
  const headers = [
    [":message-type", "event"],
    [":event-type", "contentBlockDelta"],
  ] as const;
  const frame = encodeEventStreamMessage(headers, payload);
  return [
    {
      name: `messages: ${name}`,
      make: (bytes) => Buffer.alloc(Math.max(frame.length, bytes - (bytes % frame.length)), frame),
    },
  ];
}

/** A stream that gzip makes a thousandth of. */
export function gzipBomb(bytes: number): Buffer {
  return gzipSync(Buffer.alloc(bytes, "\n"));
}
