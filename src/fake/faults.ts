import { parseDurationMs } from "../core/duration.ts";
import { type RefusalKind, refusalKinds } from "./refusal.ts";

/**
 * Deviations of an answer from the ordinary: its faults, its pace, and its content.
 * Positions (`cutAfter`, `stallAfter`, `reset`, `errorEvent`, `badJson`) count output tokens: 0 is before the first content.
 */
export interface Faults {
  /** Refuse with this status, in the vendor's words for it. */
  readonly status?: number;
  /** Refuse for this reason; `status` may change the status it usually has. */
  readonly error?: RefusalKind;
  /** Value of the `retry-after` header, word for word. */
  readonly retryAfter?: string;
  /** Take the request and say nothing, until the client leaves. */
  readonly hang?: boolean;
  /** Wait before the response headers. */
  readonly headerDelayMs?: number;
  /** Wait before the first content; of a whole answer before its headers. */
  readonly firstTokenDelayMs?: number;
  /** Wait before each further content; of a whole answer before its headers, for all of them. */
  readonly tokenDelayMs?: number;
  /** Output tokens a choice would have without a cap. */
  readonly tokens?: number;
  /** Answer with this text instead of words; it is cut at the cap, too, and `tokens` says nothing of it. */
  readonly text?: string;
  /** End cleanly as HTTP, but in the middle of the answer. */
  readonly cutAfter?: number;
  /** Write no more, and keep the connection open until the client leaves. */
  readonly stallAfter?: number;
  /** Reset the connection (HTTP/2: the stream). */
  readonly reset?: "before-headers" | "after-headers" | number;
  /** Put the dialect's error event in and end there; a whole answer becomes status 200 with an error inside. */
  readonly errorEvent?: number;
  /** Put an event in whose JSON is broken, then go on. */
  readonly badJson?: number;
  /** Status 200 without a byte, or well formed but without content, finish reason and usage. */
  readonly empty?: "body" | "content";
  /** Leave the usage out. */
  readonly noUsage?: boolean;
  /** Encode the body so, whatever the request accepts. */
  readonly encoding?: "gzip" | "deflate" | "br";
  /** Write pieces of at most this many bytes, whatever the events' edges. */
  readonly chunkBytes?: number;
  /** Input tokens said to be read from the provider's cache; at most the input. */
  readonly cachedTokens?: number;
  /** Input tokens said to be written to the provider's cache for 5 minutes; at most the rest of the input. */
  readonly cacheWriteTokens?: number;
  /** The same, for an hour. */
  readonly cacheWrite1hTokens?: number;
  /** Output tokens of reasoning, besides the visible ones. */
  readonly reasoningTokens?: number;
  /** Answer with this many tool calls, if the request has tools. */
  readonly toolCalls?: number;
  /** The finish reason, word for word. */
  readonly finish?: string;
}

/** Longest wait, most tokens, and longest text that a fault may ask for. */
const delayMaxMs = 600_000;
const countMax = 1_000_000;
const textMaxChars = 200;
const answerMaxChars = 65_536;

/** The words of `x-fake-*` headers and of `/faults`, each with its field and how its value is read. */
const faultWords: {
  readonly [Field in keyof Faults]-?: readonly [word: string, read: Reader<Faults[Field]>];
} = {
  status: ["status", (text) => inRange(text, 300, 599)],
  error: ["error", (text) => refusalKinds.find((kind) => kind === text)],
  retryAfter: ["retry-after", readText],
  hang: ["hang", readFlag],
  headerDelayMs: ["header-delay", readDelay],
  firstTokenDelayMs: ["first-token-delay", readDelay],
  tokenDelayMs: ["token-delay", readDelay],
  tokens: ["tokens", readCount],
  text: ["text", (text) => (text.length > 0 && text.length <= answerMaxChars ? text : undefined)],
  cutAfter: ["cut-after", readCount],
  stallAfter: ["stall-after", readCount],
  reset: [
    "reset",
    (text) => (text === "before-headers" || text === "after-headers" ? text : readCount(text)),
  ],
  errorEvent: ["error-event", readCount],
  badJson: ["bad-json", readCount],
  empty: ["empty", (text) => (text === "body" || text === "content" ? text : undefined)],
  noUsage: ["no-usage", readFlag],
  encoding: [
    "encoding",
    (text) => (text === "gzip" || text === "deflate" || text === "br" ? text : undefined),
  ],
  chunkBytes: ["chunk-bytes", (text) => inRange(text, 1, countMax)],
  cachedTokens: ["cached-tokens", readCount],
  cacheWriteTokens: ["cache-write-tokens", readCount],
  cacheWrite1hTokens: ["cache-write-1h-tokens", readCount],
  reasoningTokens: ["reasoning-tokens", readCount],
  toolCalls: ["tool-calls", (text) => inRange(text, 0, 128)],
  finish: ["finish", readText],
};

const readers = new Map<string, readonly [field: string, read: Reader<unknown>]>(
  Object.entries(faultWords).map(([field, [word, read]]) => [word, [field, read]]),
);

type Reader<Value> = (text: string) => Value | undefined;

/**
 * Faults from words and values as text, e.g. `["first-token-delay", "250ms"]`. Delays are milliseconds or have a unit.
 * A word or value that means nothing is the returned text: a test that misspells its fault must not pass by it.
 */
export function parseFaults(pairs: Iterable<readonly [word: string, value: string]>): Faults | string {
  const faults: Record<string, unknown> = {};
  for (const [word, value] of pairs) {
    const reader = readers.get(word);
    if (reader === undefined) return `there is no fault "${word}"`;
    const read = reader[1](value.trim());
    if (read === undefined) return `"${value}" is no value for the fault "${word}"`;
    faults[reader[0]] = read;
  }
  return faults;
}

/**
 * The faults that a request's `x-fake-*` headers ask of the provider called `name`.
 * With `x-fake-only: a,b` they ask it of those alone, so that in a fallback one backend fails and the next answers.
 */
export function faultsOfHeaders(headers: Readonly<Record<string, string>>, name: string): Faults | string {
  const only = headers["x-fake-only"]?.split(",").map((each) => each.trim());
  if (only !== undefined && !only.includes(name)) return {};
  const pairs = Object.entries(headers)
    .filter(([header]) => header.startsWith("x-fake-") && header !== "x-fake-only")
    .map(([header, value]) => [header.slice("x-fake-".length), value] as const);
  return parseFaults(pairs);
}

function readCount(text: string): number | undefined {
  return inRange(text, 0, countMax);
}

function inRange(text: string, min: number, max: number): number | undefined {
  if (!/^\d{1,9}$/.test(text)) return undefined;
  const value = Number(text);
  return value >= min && value <= max ? value : undefined;
}

function readDelay(text: string): number | undefined {
  const ms = /^\d{1,9}$/.test(text) ? Number(text) : parseDurationMs(text);
  return ms !== undefined && ms <= delayMaxMs ? ms : undefined;
}

function readFlag(text: string): boolean | undefined {
  return text === "true" ? true : text === "false" ? false : undefined;
}

function readText(text: string): string | undefined {
  return text.length > 0 && text.length <= textMaxChars ? text : undefined;
}
