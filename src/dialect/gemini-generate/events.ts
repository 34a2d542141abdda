import type { ByteRuns } from "../../core/byte-runs.ts";
import type { GatewayError } from "../../core/errors.ts";
import type { SseEvent } from "../../core/sse.ts";
import { commentEvent, eventData } from "../event-data.ts";
import { filterEvent, flushTexts } from "../filter/filter-event.ts";
import type { TextTail } from "../filter/text-tap.ts";
import { type JsonObject, listOf, objectOf, textOf, tokensOf } from "../json-view.ts";
import type { FinishReason } from "../model-event.ts";
import type { ResponseState } from "../response-state.ts";
import type { EventReader } from "../sse-response.ts";
import { errorInStream } from "../upstream-error.ts";
import { geminiErrorBody } from "./error.ts";
import { readGenerateUsage } from "./usage.ts";

/** Most candidates told apart; the API gives at most eight. */
const candidatesMax = 8;

/**
 * Reads a Gemini stream (https://ai.google.dev/api/generate-content): every event is a separate response with cumulative usage. The format has no end mark: a stream is complete once every candidate has a finish reason, or the prompt was blocked.
 */
export class GenerateEvents implements EventReader {
  readonly #seen: ResponseState;
  readonly #reader: GenerateReader;

  constructor(seen: ResponseState) {
    this.#seen = seen;
    this.#reader = new GenerateReader(seen);
  }

  read(event: SseEvent, out: ByteRuns): void {
    if (event.data === undefined) {
      out.add(event.bytes);
      return;
    }
    const data = eventData(event.data, this.#seen);
    if (data === undefined) {
      out.add(commentEvent);
      return;
    }
    this.note(data);
    out.add(filterEvent(event, data, this.#seen.texts, writeTail, out).bytes);
  }

  /** Notes one event. */
  note(data: JsonObject): void {
    this.#reader.note(data);
    const whole = this.#reader.finished;
    this.#seen.complete = whole && this.#seen.error === undefined;
    // Of a stream that breaks off, the last usage tells only what it had cost by then.
    if (!whole) this.#seen.usagePartial = this.#seen.usage !== undefined;
  }

  end(out: ByteRuns): void {
    flushTexts(this.#seen.texts, writeTail, out);
  }

  breakOff(error: GatewayError): Buffer {
    return Buffer.from(`data: ${JSON.stringify(geminiErrorBody(error))}\n\n`);
  }
}

/** Notes what responses say, of a stream or alone; whether a tool was called is told by any of them. */
export class GenerateReader {
  readonly #seen: ResponseState;
  readonly #unfinished = new Set<unknown>();
  #called = false;

  constructor(seen: ResponseState) {
    this.#seen = seen;
  }

  /** True if an answer has begun and all of it has come. */
  get finished(): boolean {
    return this.#seen.finishReason !== undefined && this.#unfinished.size === 0;
  }

  note(response: JsonObject): void {
    const seen = this.#seen;
    const error = objectOf(response.error);
    if (error !== undefined) {
      seen.error ??= errorInStream(error.status, error.code);
      seen.texts?.close({});
    }
    seen.model ??= textOf(response.modelVersion);
    const usage = objectOf(response.usageMetadata);
    if (usage !== undefined) seen.bill(readGenerateUsage(usage), tokensOf(usage.totalTokenCount));
    if (textOf(objectOf(response.promptFeedback)?.blockReason) !== undefined) {
      seen.finish("content_filter");
      seen.texts?.close({});
    }
    for (const item of listOf(response.candidates)) {
      const candidate = objectOf(item);
      if (candidate !== undefined) seen.texts?.blank(candidate, "logprobsResult", "{}");
      const index = candidate?.index ?? 0;
      const choice = tokensOf(index) ?? 0;
      for (const part of listOf(objectOf(candidate?.content)?.parts)) this.#notePart(objectOf(part), choice);
      const reason = textOf(candidate?.finishReason);
      if (reason === undefined) {
        if (this.#unfinished.size < candidatesMax) this.#unfinished.add(index);
      } else {
        this.#unfinished.delete(index);
        seen.finish(unifiedFinish(reason, this.#called), choice, reason);
        seen.texts?.close({ choice });
      }
    }
  }

  #notePart(part: JsonObject | undefined, choice: number): void {
    const call = objectOf(part?.functionCall);
    const code = objectOf(part?.executableCode);
    this.#seen.textIn(part?.text, part, "text", part?.thought === true ? "reasoning" : "answer", choice);
    this.#seen.inputIn(code?.code, code, "code", choice, "code");
    if (objectOf(part?.inlineData) !== undefined) this.#seen.content = true;
    if (call === undefined) return;
    this.#called = true;
    this.#seen.called(choice);
    this.#seen.text(call.name, "call", choice);
    this.#seen.argumentsIn(call, "args", choice);
  }
}

/** The response that says what was held back, like the last one that had a piece of that text. */
function writeTail({ slot, text, like }: TextTail): Buffer {
  const { modelVersion, responseId } = like;
  const said = slot.channel === "reasoning" ? { text, thought: true } : { text };
  const parts = slot.channel === "arguments" ? [{ executableCode: { code: text } }] : [said];
  const candidates = [{ content: { role: "model", parts }, index: slot.choice }];
  return Buffer.from(`data: ${JSON.stringify({ candidates, modelVersion, responseId })}\n\n`);
}

/** Gemini's finish reasons, unified: a call of a tool ends with STOP too. Unknown ones count as `stop`. */
export function unifiedFinish(reason: string, called: boolean): FinishReason {
  if (reason.startsWith("IMAGE_")) return "content_filter";
  switch (reason) {
    case "MAX_TOKENS":
      return "length";
    case "SAFETY":
    case "RECITATION":
    case "BLOCKLIST":
    case "PROHIBITED_CONTENT":
    case "SPII":
      return "content_filter";
    case "MALFORMED_FUNCTION_CALL":
    case "UNEXPECTED_TOOL_CALL":
    case "TOO_MANY_TOOL_CALLS":
    case "OTHER":
      return "error";
    default:
      return called ? "tool_calls" : "stop";
  }
}
