import { headersOf } from "../../core/headers.ts";
import type { Served } from "../../core/serve-orders.ts";
import { plainError } from "../../core/worker-pool.ts";
import type { OutputKind, ResponseContext, ResponseSeen } from "../dialect.ts";
import { bytesOf, clientOf, dialectOf, upstreamOf } from "./codecs.ts";
import { checkWeight } from "./json-weight.ts";
import {
  type AnswerReading,
  type OutputPiece,
  type PlainSeen,
  pieceCharsMax,
  type ReadAnswer,
} from "./order.ts";

/** Reads a whole answer as its client's and provider's dialects do. */
export function readAnswer(reading: AnswerReading, pieces: readonly Uint8Array[]): Served<ReadAnswer> {
  const [only] = pieces;
  const whole = only !== undefined && pieces.length === 1 ? bytesOf(only) : Buffer.concat(pieces);
  const output = new Output();
  const reader = readerOf(reading, output);
  try {
    checkWeight(whole, "upstream_invalid", "the provider's answer");
  } catch (error) {
    if (reading.upstream !== undefined) throw error;
    // An answer that passes need not be read. Like one that is too long, it is charged at its hold.
    const seen = { ...plainSeen(reader.seen), complete: true, unread: true };
    return { answer: { body: undefined, seen, pieces: [], output: undefined } };
  }
  const out = reader.push(whole, true);
  const { seen } = reader;
  const body = out === whole ? undefined : new Uint8Array(out);
  const told = seen.usage?.outputTokens !== undefined && !seen.usagePartial;
  const text = told ? undefined : output.bytes();
  return {
    answer: { body, seen: plainSeen(seen), pieces: output.pieces(), output: text },
    transfer: [...(body === undefined ? [] : [body.buffer]), ...(text === undefined ? [] : [text.buffer])],
  };
}

function readerOf(reading: AnswerReading, output: Output) {
  const { dialect, upstream, context, callId } = reading;
  const response: ResponseContext = {
    status: reading.status,
    headers: headersOf(Object.fromEntries(reading.headers)),
    facts: context.facts,
    onText: (text, kind, choice) => output.add(text, kind, choice),
  };
  if (upstream === undefined) return dialectOf(dialect).passResponse(response);
  return upstreamOf(upstream).decodeAnswer(response, clientOf(dialect).encodeAnswer(context), callId);
}

function plainSeen(seen: ResponseSeen): PlainSeen {
  const { usage, usagePartial, model, finishReason, lengthStop, content, complete, error } = seen;
  const { unread, unreadable, oddEvents } = seen;
  return {
    ...{
      usage,
      usagePartial,
      model,
      finishReason,
      lengthStop,
      content,
      complete,
      unread,
      unreadable,
      oddEvents,
    },
    error: error === undefined ? undefined : plainError(error),
  };
}

/** Collects an answer's text while it is read. */
class Output {
  readonly #texts: string[] = [];
  readonly #kept = new Map<string, { kind: OutputKind; choice: number; pieces: string[]; chars: number }>();

  add(text: string, kind: OutputKind, choice: number): void {
    this.#texts.push(text);
    const key = `${kind}/${choice}`;
    const kept = this.#kept.get(key) ?? { kind, choice, pieces: [], chars: 0 };
    this.#kept.set(key, kept);
    if (kept.chars >= pieceCharsMax) return;
    kept.pieces.push(text.slice(0, pieceCharsMax - kept.chars));
    kept.chars += text.length;
  }

  pieces(): readonly OutputPiece[] {
    return [...this.#kept.values()].map(({ kind, choice, pieces }) => ({
      kind,
      choice,
      text: pieces.join(""),
    }));
  }

  bytes(): Uint8Array<ArrayBuffer> {
    return new TextEncoder().encode(this.#texts.join(""));
  }
}
