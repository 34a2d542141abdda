import { GatewayError } from "../../core/errors.ts";
import { JsonScan } from "../../core/json-scan.ts";
import { KeySet } from "../../core/key-set.ts";
import type { SseEvent } from "../../core/sse.ts";
import { BodyEdit } from "../body-edit.ts";
import { type JsonObject, listOf, objectOf, parseObject, textOf } from "../json-view.ts";
import { readMembers } from "../read-members.ts";
import type { ResponseState } from "../response-state.ts";
import type { EventReader } from "../sse-response.ts";
import { errorInStream } from "../upstream-error.ts";
import { openaiErrorBody } from "./error.ts";
import { readChatUsage } from "./usage.ts";

/**
 * Reads a chat stream: chunks, then `[DONE]` (reference/providers.md §1.1). A server that omits `[DONE]` has ended well when a finish reason
 * and usage have come. Usage that we asked for and the client did not is taken out again.
 */
export class ChatEvents implements EventReader {
  readonly #seen: ResponseState;
  readonly #wantsUsage: boolean;

  constructor(seen: ResponseState, wantsUsage: boolean) {
    this.#seen = seen;
    this.#wantsUsage = wantsUsage;
  }

  read(event: SseEvent): Buffer {
    const { data } = event;
    if (data === undefined) return event.bytes;
    if (data.startsWith("[DONE]")) {
      this.#seen.complete = this.#seen.error === undefined;
      return event.bytes;
    }
    const chunk = parseObject(data);
    if (chunk === undefined)
      throw new GatewayError("upstream_invalid", "the provider sent an event that is not JSON");
    readChat(chunk, this.#seen);
    return this.#wantsUsage ? event.bytes : withoutUsage(event, chunk);
  }

  end(): void {
    const { finishReason, usage, error } = this.#seen;
    if (finishReason !== undefined && usage !== undefined && error === undefined) this.#seen.complete = true;
  }

  breakOff(error: GatewayError): Buffer {
    return Buffer.from(`data: ${JSON.stringify(openaiErrorBody(error))}\n\n`);
  }
}

/** Notes what a chunk of a stream, or a whole answer, says. */
export function readChat(answer: JsonObject, seen: ResponseState): void {
  seen.model ??= textOf(answer.model);
  const usage = objectOf(answer.usage);
  if (usage !== undefined) seen.bill(readChatUsage(usage, answer.service_tier));
  const error = objectOf(answer.error) ?? (answer.object === "error" ? answer : undefined);
  if (error !== undefined) seen.error ??= errorInStream(error.type, error.code);
  // Azure's first chunk has no choices, and its filter's later ones no delta.
  for (const item of listOf(answer.choices)) {
    const choice = objectOf(item);
    if (choice === undefined) continue;
    const finish = textOf(choice.finish_reason);
    if (finish !== undefined) seen.finishReason = unifiedFinish(finish);
    const message = objectOf(choice.delta) ?? objectOf(choice.message);
    if (message !== undefined) readMessage(message, seen);
  }
}

function readMessage(message: JsonObject, seen: ResponseState): void {
  readContent(message.content, seen);
  // vLLM and others stream reasoning under either name; some send both with the same text.
  readContent(message.reasoning_content ?? message.reasoning, seen);
  seen.text(message.refusal);
  readCalled(message.function_call, seen);
  for (const call of listOf(message.tool_calls)) {
    readCalled(objectOf(call)?.function, seen);
    readCalled(objectOf(call)?.custom, seen);
  }
}

/** Text, or parts with text (Mistral's `thinking` holds parts again). */
function readContent(content: unknown, seen: ResponseState): void {
  if (typeof content === "string") {
    seen.text(content);
    return;
  }
  for (const part of listOf(content)) {
    seen.text(objectOf(part)?.text);
    for (const thought of listOf(objectOf(part)?.thinking)) seen.text(objectOf(thought)?.text);
  }
}

function readCalled(called: unknown, seen: ResponseState): void {
  const call = objectOf(called);
  seen.text(call?.name);
  seen.text(call?.arguments);
  seen.text(call?.input);
}

/** OpenAI's finish reasons are the unified ones; what is unknown must not break a stream and counts as `stop`. */
export function unifiedFinish(reason: string): string {
  switch (reason) {
    case "stop":
    case "length":
    case "tool_calls":
    case "content_filter":
    case "error":
      return reason;
    case "function_call":
      return "tool_calls";
    case "model_length":
      return "length";
    default:
      return "stop";
  }
}

const usageKey = new KeySet(["usage"]);
const withheld = Buffer.alloc(0);

/** The event as OpenAI sends it to who did not ask for usage: no chunk of usage alone, no `"usage":null`. */
function withoutUsage(event: SseEvent, chunk: JsonObject): Buffer {
  const { usage, choices } = chunk;
  if (usage === undefined) return event.bytes;
  if (usage !== null) return Array.isArray(choices) && choices.length === 0 ? withheld : event.bytes;
  if (event.dataStart < 0) return event.bytes;
  const data = event.bytes.subarray(event.dataStart, event.dataEnd);
  const edited = withoutUsageMember(data);
  if (edited === data) return event.bytes;
  return Buffer.concat([
    event.bytes.subarray(0, event.dataStart),
    edited,
    event.bytes.subarray(event.dataEnd),
  ]);
}

function withoutUsageMember(data: Buffer): Buffer {
  try {
    const scan = new JsonScan(data);
    const object = readMembers(scan, usageKey, "the event", () => scan.skip());
    const member = object.members.usage;
    const edit = new BodyEdit();
    if (member !== undefined) edit.changeMembers(object.place, [member], [], data);
    return edit.apply(data);
  } catch {
    // Half a surrogate pair, say, as servers cut text anywhere: a null that the client ignores does no harm.
    return data;
  }
}
