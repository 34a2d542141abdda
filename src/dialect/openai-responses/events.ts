import type { ByteRuns } from "../../core/byte-runs.ts";
import type { GatewayError } from "../../core/errors.ts";
import type { SseEvent } from "../../core/sse.ts";
import type { OutputKind } from "../dialect.ts";
import { commentEvent, eventData } from "../event-data.ts";
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
    if (data !== undefined) this.#note(data);
    out.add(data === undefined ? commentEvent : event.bytes);
  }

  end(): void {}

  /** The format's own `error` event, with OpenAI's error object beside it: that is what its SDK raises. */
  breakOff(error: GatewayError): Buffer {
    const { error: object } = openaiErrorBody(error);
    const { code, message, param } = object;
    const event = { type: "error", code, message, param, sequence_number: this.#sequence + 1, error: object };
    return Buffer.from(`event: error\ndata: ${JSON.stringify(event)}\n\n`);
  }

  #note(data: JsonObject): void {
    this.#sequence = tokensOf(data.sequence_number) ?? this.#sequence;
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
          this.#seen.text(data.delta, kindOfDelta(data.type));
    }
  }
}

/** Notes what a whole response says. */
export function readResponse(response: JsonObject, seen: ResponseState): void {
  for (const value of listOf(response.output)) {
    const item = objectOf(value);
    seen.text(item?.name, "call");
    seen.text(item?.arguments, "call");
    seen.text(item?.input, "call");
    const kind = item?.type === "reasoning" ? "reasoning" : "answer";
    for (const part of [...listOf(item?.content), ...listOf(item?.summary)]) {
      seen.text(objectOf(part)?.text, kind);
      seen.text(objectOf(part)?.refusal, "refusal");
    }
  }
  readOutcome(response, seen);
}

/** Notes how a response ended and what it used. */
function readOutcome(response: JsonObject, seen: ResponseState): void {
  seen.model ??= textOf(response.model);
  const usage = objectOf(response.usage);
  if (usage !== undefined) seen.bill(readResponsesUsage(usage, response.service_tier));
  const error = objectOf(response.error);
  if (error !== undefined || response.status === "failed")
    seen.error ??= errorInStream(error?.type, error?.code ?? "server_error");
  // That it is completed says nothing of an answer without output.
  if (listOf(response.output).length === 0) seen.refuseEmpty();
  const finish = finishOf(response);
  if (finish !== undefined) seen.finish(finish);
}

function kindOfDelta(type: string): OutputKind {
  if (type === "response.output_text.delta") return "answer";
  if (type === "response.refusal.delta") return "refusal";
  return type.startsWith("response.reasoning") ? "reasoning" : "call";
}

function finishOf(response: JsonObject): string | undefined {
  switch (response.status) {
    case "completed": {
      const called = listOf(response.output).some(
        (item) =>
          String(objectOf(item)?.type).endsWith("tool_call") || objectOf(item)?.type === "function_call",
      );
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
