import type { ByteRuns } from "../../core/byte-runs.ts";
import type { GatewayError } from "../../core/errors.ts";
import type { SseEvent } from "../../core/sse.ts";
import type { OutputKind } from "../dialect.ts";
import { commentEvent, eventData } from "../event-data.ts";
import { filterEvent, flushTexts, withMember } from "../filter/filter-event.ts";
import type { TextTail, TextTap } from "../filter/text-tap.ts";
import { type JsonObject, listOf, objectOf, textOf, tokensOf } from "../json-view.ts";
import { openaiErrorBody } from "../openai-error.ts";
import type { ResponseState } from "../response-state.ts";
import type { EventReader } from "../sse-response.ts";
import { errorInStream } from "../upstream-error.ts";
import { readResponsesUsage } from "./usage.ts";

/** Reads a Responses stream (https://developers.openai.com/api/reference/resources/responses): the last event carries the whole response with its usage; there is no `[DONE]`. */
export class ResponsesEvents implements EventReader {
  readonly #seen: ResponseState;
  /** Number of the last event, as the format counts them. */
  #sequence = -1;
  /** Events that were put in here, which the provider has not counted. */
  #inserted = 0;

  constructor(seen: ResponseState) {
    this.#seen = seen;
  }

  read(event: SseEvent, out: ByteRuns): void {
    // Many compatible servers end with chat's mark, which the vendor's SDKs know.
    if (event.data === undefined || event.data.startsWith("[DONE]")) {
      out.add(event.bytes);
      return;
    }
    const data = eventData(event.data, this.#seen);
    if (data === undefined) {
      out.add(commentEvent);
      return;
    }
    this.#note(data);
    const passed = filterEvent(event, data, this.#seen.texts, (tail) => this.#tail(tail), out);
    const sequence = String(this.#sequence + this.#inserted);
    out.add((this.#inserted === 0 ? passed : withMember(passed, data, "sequence_number", sequence)).bytes);
  }

  end(out: ByteRuns): void {
    flushTexts(this.#seen.texts, (tail) => this.#tail(tail), out);
  }

  /** The format's own `error` event, with OpenAI's error object beside it: that is what its SDK raises. */
  breakOff(error: GatewayError): Buffer {
    const { error: object } = openaiErrorBody(error);
    const { code, message, param } = object;
    const event = { type: "error", code, message, param, sequence_number: this.#next(), error: object };
    return Buffer.from(`event: error\ndata: ${JSON.stringify(event)}\n\n`);
  }

  #next(): number {
    return this.#sequence + this.#inserted + 1;
  }

  /** The delta that says what was held back, like the last one of that text. */
  #tail({ text, like }: TextTail): Buffer {
    const sequence = Math.max(0, this.#sequence) + this.#inserted;
    this.#inserted += 1;
    const logprobs = like.logprobs === undefined ? {} : { logprobs: [] };
    const event = { ...like, delta: text, ...logprobs, sequence_number: sequence };
    return Buffer.from(`event: ${String(like.type)}\ndata: ${JSON.stringify(event)}\n\n`);
  }

  #note(data: JsonObject): void {
    this.#sequence = tokensOf(data.sequence_number) ?? this.#sequence;
    if (this.#seen.texts !== undefined) tellRepeats(data, this.#seen.texts);
    switch (data.type) {
      case "response.created":
        this.#seen.model ??= textOf(objectOf(data.response)?.model);
        return;
      case "response.output_item.added":
        this.#seen.text(objectOf(data.item)?.name, "call");
        return;
      case "response.completed":
      case "response.incomplete":
      case "response.failed": {
        const response = objectOf(data.response);
        if (response !== undefined) readOutcome(response, this.#seen);
        this.#seen.ended = response !== undefined;
        this.#seen.complete = response !== undefined && this.#seen.error === undefined;
        return;
      }
      case "error":
        this.#seen.error ??= errorInStream(data.code, objectOf(data.error)?.type, objectOf(data.error)?.code);
        return;
      case "response.audio.delta":
        // Base64, not text; its tokens come with the usage.
        this.#seen.content = true;
        return;
      default:
        if (typeof data.type === "string" && data.type.endsWith(".delta"))
          noteDelta(data, data.type, this.#seen);
    }
  }
}

/** Notes what a whole response says. */
export function readResponse(response: JsonObject, seen: ResponseState): void {
  listOf(response.output).forEach((value, index) => {
    const item = objectOf(value);
    seen.text(item?.name, "call");
    seen.textIn(item?.arguments, item, "arguments", "call", 0, index);
    seen.inputIn(item?.input, item, "input", 0, index);
    const kind = item?.type === "reasoning" ? "reasoning" : "answer";
    [...listOf(item?.content), ...listOf(item?.summary)].forEach((value, at) => {
      const part = objectOf(value);
      seen.textIn(part?.text, part, "text", kind, 0, `${index}.${at}`);
      seen.textIn(part?.refusal, part, "refusal", "refusal", 0, `${index}.${at}`);
      if (part !== undefined) seen.texts?.blank(part, "logprobs", "[]");
    });
  });
  readOutcome(response, seen);
}

function noteDelta(data: JsonObject, type: string, seen: ResponseState): void {
  const kind = kindOfDelta(type);
  const part = seen.texts === undefined ? "" : partOf(data, type);
  if (kind === "call" && !type.endsWith("_arguments.delta")) seen.inputIn(data.delta, data, "delta", 0, part);
  else seen.textIn(data.delta, data, "delta", kind, 0, part);
}

/** The text that an event is about: what it is of, and where that stands in the response. */
function partOf(data: JsonObject, type: string): string {
  const { output_index, content_index, summary_index } = data;
  return `${type.slice(0, type.lastIndexOf("."))} ${String(output_index)} ${String(content_index ?? summary_index)}`;
}

/** Tells of what a stream says once more, whole, after its deltas: each text at its end, each item, and the response. */
function tellRepeats(data: JsonObject, texts: TextTap): void {
  const type = String(data.type);
  if (type.endsWith(".delta")) texts.blank(data, "logprobs", "[]");
  if (type.endsWith(".done")) {
    tellText(data, type.startsWith("response.reasoning") ? "reasoning" : "answer", texts);
    texts.close({ part: partOf(data, type) });
  }
  const part = objectOf(data.part);
  if (part !== undefined) tellText(part, part.type === "output_text" ? "answer" : "reasoning", texts);
  for (const value of [data.item, ...listOf(objectOf(data.response)?.output)]) {
    const item = objectOf(value);
    if (item !== undefined) tellItem(item, texts);
  }
  if (endTypes.has(type)) texts.close({});
}

function tellItem(item: JsonObject, texts: TextTap): void {
  tellText(item, "answer", texts);
  const channel = item.type === "reasoning" ? "reasoning" : "answer";
  for (const value of [...listOf(item.content), ...listOf(item.summary)]) {
    const part = objectOf(value);
    if (part !== undefined) tellText(part, channel, texts);
  }
}

/** The members of an event, item or part that hold text. */
function tellText(holder: JsonObject, channel: "answer" | "reasoning", texts: TextTap): void {
  const slot = { choice: 0, part: "", form: "plain" } as const;
  texts.repeat(holder, "text", { ...slot, channel }, true);
  texts.repeat(holder, "refusal", { ...slot, channel: "refusal" }, true);
  texts.repeat(holder, "arguments", { ...slot, channel: "arguments", form: "json" }, true);
  texts.repeat(holder, "input", { ...slot, channel: "arguments" }, true);
  texts.blank(holder, "logprobs", "[]");
}

/** The events that no text follows. */
const endTypes: ReadonlySet<string> = new Set([
  "response.completed",
  "response.incomplete",
  "response.failed",
  "error",
]);

/** Notes how a response ended and what it used. */
function readOutcome(response: JsonObject, seen: ResponseState): void {
  seen.model ??= textOf(response.model);
  const usage = objectOf(response.usage);
  if (usage !== undefined)
    seen.bill(readResponsesUsage(usage, response.service_tier), tokensOf(usage.total_tokens));
  const error = objectOf(response.error);
  if (error !== undefined || response.status === "failed")
    seen.error ??= errorInStream(error?.type, error?.code ?? "server_error");
  // That it is completed says nothing of an answer without output.
  if (listOf(response.output).length === 0) seen.refuseEmpty();
  const finish = finishOf(response, seen);
  if (finish !== undefined) seen.finish(finish);
}

function kindOfDelta(type: string): OutputKind {
  if (type === "response.output_text.delta") return "answer";
  if (type === "response.refusal.delta") return "refusal";
  return type.startsWith("response.reasoning") ? "reasoning" : "call";
}

function finishOf(response: JsonObject, seen: ResponseState): string | undefined {
  switch (response.status) {
    case "completed": {
      const called = listOf(response.output).some(
        (item) =>
          String(objectOf(item)?.type).endsWith("tool_call") || objectOf(item)?.type === "function_call",
      );
      if (called) seen.called();
      return called ? "tool_calls" : "stop";
    }
    case "incomplete":
      return objectOf(response.incomplete_details)?.reason === "content_filter" ? "content_filter" : "length";
    case "failed":
    case "cancelled":
      return "error";
    default:
      return undefined;
  }
}
