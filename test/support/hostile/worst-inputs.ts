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
  { name: "white space", make: filled(chat, " \n", "}") },
  { name: "one long number", make: filled(`${chat},"x":1`, "1", "}") },
  { name: "not JSON at its end", make: filled(chat, ',"\\t":1', "") },
];

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
  { name: "half of an answer", make: filled('{"x":[0', ",0", "") },
];

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
  { name: "one event of numbers", make: filled('data: {"x":[0', ",0", "]}\n\n") },
  { name: "one event of lists", make: filled('data: {"x":[[]', ",[]", "]}\n\n") },
  { name: "deltas", make: filled("", 'data: {"choices":[{"delta":{"content":"a"}}]}\n\n', "\n\n") },
  {
    name: "text without a gap",
    make: filled("", `data: {"choices":[{"delta":{"content":"${"字".repeat(1000)}"}}]}\n\n`, "\n\n"),
  },
];

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

/** A stream that gzip makes a thousandth of. */
export function gzipBomb(bytes: number): Buffer {
  return gzipSync(Buffer.alloc(bytes, "\n"));
}
