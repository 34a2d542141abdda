import type { JsonRecord } from "./json.ts";

/** Canonical usage that a provider bills: cached input and cache writes are part of the input, reasoning is part of the output. */
export interface BilledUsage {
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly cachedInputTokens: number;
  /** For 5 minutes. */
  readonly cacheWriteTokens: number;
  readonly cacheWrite1hTokens: number;
  readonly reasoningTokens: number;
  /** The unit that a reranker bills by. */
  readonly searchUnits?: number;
}

/** A piece of an answer that is written at once. With output tokens it is content, which delays and faults count. */
export interface Frame {
  readonly bytes: Buffer;
  readonly outputTokens: number;
}

/** A dialect's answer, before any fault is applied. */
export type Answer = {
  readonly type: "answer";
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Undefined if nothing is billed. */
  readonly usage?: BilledUsage;
  /** Output tokens that no frame carries, e.g. reasoning that the client does not see; default 0. */
  readonly hiddenTokens?: number;
  /** The dialect's ways to go wrong; a refusal has none. */
  readonly flaws?: Flaws;
} & (
  | { readonly streamed: true /** Written one by one as they are made. */; readonly frames: Iterable<Frame> }
  | {
      readonly streamed: false /** Written at once, when all events are there. */;
      readonly frames: readonly Frame[];
    }
);

/** Replacements for a part of an answer, or for all of it. */
export interface Flaws {
  /** Of a stream the in-band error event, else a whole body that is an error. */
  readonly error: Frame;
  /** Of a stream an event whose JSON is broken, else bytes that break the body. */
  readonly broken: Frame;
  /** Well formed, but without content, finish reason and usage. */
  readonly empty: Iterable<Frame>;
}

/** A frame of text that is no content. */
export function frame(text: string, outputTokens = 0): Frame {
  return { bytes: Buffer.from(text), outputTokens };
}

/** An answer that is no dialect's. */
export function plainAnswer(status: number, text: string): Answer {
  return {
    type: "answer",
    status,
    headers: { "content-type": "text/plain" },
    streamed: false,
    frames: [frame(text)],
  };
}

/** A run of text in an answer, and the output tokens it stands for. */
export interface Content {
  readonly text: string;
  readonly outputTokens: number;
}

/**
 * A whole JSON body cut at its contents, which occur in it in this order, so that a fault finds its place in it.
 * Tokens of a content that is not found word for word go with the end.
 */
export function wholeFrames(body: JsonRecord, contents: Iterable<Content>): readonly Frame[] {
  const json = JSON.stringify(body);
  const frames: Frame[] = [];
  let [at, notFound] = [0, 0];
  for (const { text, outputTokens } of contents) {
    const escaped = JSON.stringify(text).slice(1, -1);
    const found = json.indexOf(escaped, at);
    if (found < 0) {
      notFound += outputTokens;
      continue;
    }
    if (found > at) frames.push(frame(json.slice(at, found)));
    at = found + escaped.length;
    frames.push(frame(escaped, outputTokens));
  }
  frames.push(frame(json.slice(at), notFound));
  return frames;
}

/** A server-sent event; with a name if its dialect names events. */
export function sse(data: JsonRecord | string, name?: string): string {
  const payload = typeof data === "string" ? data : JSON.stringify(data);
  return name === undefined ? `data: ${payload}\n\n` : `event: ${name}\ndata: ${payload}\n\n`;
}

/** Event data whose JSON ends in the middle. */
export const brokenJson = '{"broken": [tru';
