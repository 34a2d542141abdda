import { GatewayError } from "../../core/errors.ts";
import { headersOf } from "../../core/headers.ts";
import type { Served } from "../../core/serve-orders.ts";
import { plainError } from "../../core/worker-pool.ts";
import type { OutputKind, ResponseContext, ResponseSeen } from "../dialect.ts";
import { type FoundText, TextPlaces } from "../filter/text-places.ts";
import { silentEncoder } from "../silent-encoder.ts";
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
    if (reading.upstream !== undefined || reading.findTexts) throw error;
    // An answer that passes need not be read. Like one that is too long, it is charged at its hold.
    const seen = { ...plainSeen(reader.seen), complete: true, unread: true };
    return { answer: { body: undefined, seen, pieces: [], texts: undefined, output: undefined } };
  }
  const out = reader.push(whole, true);
  const { seen } = reader;
  // Texts are filtered in a copy, which the other thread then need not make.
  const body = out === whole && !reading.findTexts ? undefined : new Uint8Array(out);
  const told = seen.usage?.outputTokens !== undefined && !seen.usagePartial;
  const text = told ? undefined : output.bytes();
  return {
    answer: {
      body,
      seen: plainSeen(seen),
      pieces: output.pieces(),
      texts: reading.findTexts ? findTexts(reading, out) : undefined,
      output: text,
    },
    transfer: [...(body === undefined ? [] : [body.buffer]), ...(text === undefined ? [] : [text.buffer])],
  };
}

/** Where the texts stand in an answer as the client gets it. */
function findTexts({ dialect, upstream, context }: AnswerReading, bytes: Buffer): readonly FoundText[] {
  if (upstream !== undefined && context.facts.stream)
    throw new GatewayError("upstream_invalid", "the provider sent a large whole answer in place of a stream");
  const tap = new TextPlaces();
  const headers = headersOf({ "content-type": "application/json" });
  const { facts } = context;
  dialectOf(dialect)
    .passResponse({ status: 200, headers, facts, onText: () => {}, tap })
    .push(bytes, true);
  return tap.found;
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
  const client = clientOf(dialect);
  const isSilent = !reading.writes && client.hub === "chat";
  const writer = isSilent ? silentEncoder : client.encodeAnswer(context);
  return upstreamOf(upstream).decodeAnswer(response, writer, callId);
}

function plainSeen(seen: ResponseSeen): PlainSeen {
  const { usage, usagePartial, model, finishReason, lengthStop, content, complete, error } = seen;
  const { unread, unreadable, blocked, oddEvents, finishReasonRaw, lost } = seen;
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
      blocked,
      oddEvents,
      finishReasonRaw,
      lost,
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
