import type { ByteRuns } from "../../core/byte-runs.ts";
import type { GatewayError } from "../../core/errors.ts";
import { JsonScan } from "../../core/json-scan.ts";
import { KeySet } from "../../core/key-set.ts";
import type { SseEvent } from "../../core/sse.ts";
import type { OutputKind } from "../dialect.ts";
import { commentEvent, eventData } from "../event-data.ts";
import { filterEvent, flushTexts } from "../filter/filter-event.ts";
import type { TextSlot, TextTail, TextTap } from "../filter/text-tap.ts";
import { type JsonObject, listOf, objectOf, textOf, tokensOf } from "../json-view.ts";
import type { FinishReason } from "../model-event.ts";
import { openaiErrorBody } from "../openai-error.ts";
import { readMembers } from "../read-members.ts";
import type { ResponseState } from "../response-state.ts";
import type { EventReader } from "../sse-response.ts";
import { errorInStream } from "../upstream-error.ts";
import { readChatUsage } from "./usage.ts";

/**
 * Reads a chat stream: chunks, then `[DONE]` (https://developers.openai.com/api/reference/resources/chat). A server that omits `[DONE]` has ended well when every choice has
 * its finish reason. Usage that we asked for and the client did not is taken out again.
 */
export class ChatEvents implements EventReader {
  readonly #seen: ResponseState;
  readonly #wantsUsage: boolean;

  constructor(seen: ResponseState, wantsUsage: boolean) {
    this.#seen = seen;
    this.#wantsUsage = wantsUsage;
  }

  read(event: SseEvent, out: ByteRuns): void {
    const { data } = event;
    const done = data?.startsWith("[DONE]") === true && !this.#seen.ended;
    if (done) {
      this.done();
      flushTexts(this.#seen.texts, writeTail, out);
    }
    if (data === undefined || done) {
      out.add(event.bytes);
      return;
    }
    const chunk = eventData(data, this.#seen);
    if (chunk === undefined) {
      out.add(commentEvent);
      return;
    }
    readChat(chunk, this.#seen);
    const passed = filterEvent(event, chunk, this.#seen.texts, writeTail, out);
    if (this.#wantsUsage) out.add(passed.bytes);
    else addWithoutUsage(passed, chunk, out);
  }

  /** `[DONE]` has come. */
  done(): void {
    this.#seen.refuseEmpty();
    this.#seen.ended = true;
    this.#seen.complete = this.#seen.error === undefined;
  }

  end(out: ByteRuns): void {
    flushTexts(this.#seen.texts, writeTail, out);
    this.close();
  }

  /** The bytes have ended. */
  close(): void {
    this.#seen.closed();
  }

  breakOff(error: GatewayError): Buffer {
    return Buffer.from(`data: ${JSON.stringify(openaiErrorBody(error))}\n\n`);
  }
}

/** Notes what a chunk of a stream, or a whole answer, says. */
export function readChat(answer: JsonObject, seen: ResponseState): void {
  seen.model ??= textOf(answer.model);
  const usage = usageIn(answer);
  if (usage !== undefined) seen.bill(readChatUsage(usage, answer.service_tier), tokensOf(usage.total_tokens));
  const error = objectOf(answer.error) ?? (answer.object === "error" ? answer : undefined);
  if (error !== undefined) {
    seen.error ??= errorInStream(error.type, error.code);
    seen.texts?.close({});
  }
  // Azure's first chunk has no choices, and its filter's later ones no delta.
  for (const item of listOf(answer.choices)) {
    const choice = objectOf(item);
    if (choice === undefined) continue;
    const index = tokensOf(choice.index) ?? 0;
    const message = objectOf(choice.delta) ?? objectOf(choice.message);
    if (message !== undefined) readMessage(message, seen, index);
    // The older completions API has its text here.
    seen.textIn(choice.text, choice, "text", "answer", index);
    seen.texts?.blank(choice, "logprobs", "null");
    const finish = textOf(choice.finish_reason);
    if (finish === undefined) continue;
    seen.finish(unifiedFinish(finish), index, finish);
    seen.texts?.close({ choice: index });
  }
}

/**
 * The usage of a chunk or a whole answer, wherever servers put it: Moonshot into the choice (https://platform.moonshot.ai/docs/api/chat), Groq into
 * `x_groq` (https://console.groq.com/docs/api-reference; 2026-12-01).
 */
export function usageIn(answer: JsonObject): JsonObject | undefined {
  const usage = objectOf(answer.usage) ?? objectOf(objectOf(answer.x_groq)?.usage);
  if (usage !== undefined) return usage;
  for (const choice of listOf(answer.choices)) {
    const inside = objectOf(objectOf(choice)?.usage);
    if (inside !== undefined) return inside;
  }
  return undefined;
}

function readMessage(message: JsonObject, seen: ResponseState, choice: number): void {
  readContent(message.content, message, "content", seen, "answer", choice);
  // vLLM and others stream reasoning under either name; some send both with the same text.
  const reasoning = message.reasoning_content ?? undefined;
  if (reasoning === undefined)
    readContent(message.reasoning, message, "reasoning", seen, "reasoning", choice);
  else readContent(reasoning, message, "reasoning_content", seen, "reasoning", choice);
  seen.textIn(message.refusal, message, "refusal", "refusal", choice);
  readCalled(message.function_call, seen, choice, "function_call");
  if (objectOf(message.function_call) !== undefined || listOf(message.tool_calls).length > 0)
    seen.called(choice);
  listOf(message.tool_calls).forEach((item, position) => {
    const call = objectOf(item);
    const index = tokensOf(call?.index) ?? position;
    readCalled(call?.function, seen, choice, index);
    readCalled(call?.custom, seen, choice, index);
  });
  if (seen.texts !== undefined) tellRepeats(message, seen.texts, choice);
}

/** What servers say once more beside what is counted. */
function tellRepeats(message: JsonObject, texts: TextTap, choice: number): void {
  const thought = { channel: "reasoning", choice, form: "plain" } as const;
  if ((message.reasoning_content ?? undefined) !== undefined)
    texts.repeat(message, "reasoning", { ...thought, part: "reasoning" }, false);
  for (const block of listOf(message.thinking_blocks))
    texts.repeat(objectOf(block) ?? {}, "thinking", { ...thought, part: "thinking" }, true);
  const spoken = { channel: "answer", choice, part: "transcript", form: "plain" } as const;
  texts.repeat(objectOf(message.audio) ?? {}, "transcript", spoken, false);
}

/** Text, or parts with text (Mistral's `thinking` holds parts again). */
function readContent(
  content: unknown,
  message: JsonObject,
  field: string,
  seen: ResponseState,
  kind: OutputKind,
  choice: number,
): void {
  if (typeof content === "string") {
    seen.textIn(content, message, field, kind, choice);
    return;
  }
  for (const item of listOf(content)) {
    const part = objectOf(item);
    seen.textIn(part?.text, part, "text", kind, choice, field);
    for (const item of listOf(part?.thinking)) {
      const thought = objectOf(item);
      seen.textIn(thought?.text, thought, "text", "reasoning", choice, "reasoning_content");
    }
  }
}

/** `part`: the call's number, or the field of older models. */
function readCalled(called: unknown, seen: ResponseState, choice: number, part: number | string): void {
  const call = objectOf(called);
  seen.text(call?.name, "call", choice);
  if (objectOf(call?.arguments) !== undefined) seen.argumentsIn(call, "arguments", choice);
  else seen.textIn(call?.arguments, call, "arguments", "call", choice, part);
  seen.inputIn(call?.input, call, "input", choice, part);
}

/** The chunk that says what was held back, like the last one that had a piece of that text. */
function writeTail({ slot, text, like }: TextTail): Buffer {
  const { id, object, created, model, system_fingerprint, usage } = like;
  const head = { id, object, created, model, system_fingerprint };
  const { choice: index } = slot;
  const said = slot.part === "text" ? { index, text } : { index, delta: tailDelta(slot, text) };
  const choices = [{ ...said, finish_reason: null }];
  return Buffer.from(
    `data: ${JSON.stringify({ ...head, choices, ...(usage === null ? { usage } : {}) })}\n\n`,
  );
}

function tailDelta({ part, channel, form }: TextSlot, text: string): object {
  if (part === "function_call") return { function_call: { arguments: text } };
  if (part === "transcript") return { audio: { transcript: text } };
  if (channel !== "arguments") return { [part]: text };
  const called = form === "json" ? { function: { arguments: text } } : { custom: { input: text } };
  return { tool_calls: [{ index: part, ...called }] };
}

/** OpenAI's finish reasons are the unified ones; what is unknown must not break a stream and counts as `stop`. */
export function unifiedFinish(reason: string): FinishReason {
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

/** Adds the event as OpenAI sends it to who did not ask for usage: no chunk of usage alone, no `"usage":null`. */
function addWithoutUsage(event: SseEvent, { usage, choices }: JsonObject, out: ByteRuns): void {
  const { bytes, dataStart, dataEnd } = event;
  if (typeof usage === "object" && usage !== null && Array.isArray(choices) && choices.length === 0) return;
  const scans = usage === null && dataStart >= 0 && dataEnd - dataStart <= scannedBytesMax;
  const at = scans ? nullUsageAt(bytes, dataStart, dataEnd) : undefined;
  if (at === undefined) {
    out.add(bytes);
    return;
  }
  out.add(bytes.subarray(0, at.start));
  out.add(bytes.subarray(at.end));
}

/** Where the data's own `usage`, known to be null, stands together with one comma; undefined where that cannot be told. */
function nullUsageAt(bytes: Buffer, dataStart: number, dataEnd: number): Span | undefined {
  const key = bytes.indexOf(usageKey, dataStart);
  // Text between unescaped quotes is a key or a whole string; when it stands there once it is the key we know to be there.
  if (key > 0 && bytes.indexOf(usageKey, key + 1) < 0 && bytes[key - 1] === comma) {
    const end = key + nullUsage.length;
    if (bytes.compare(nullUsage, 0, nullUsage.length, key, end) === 0) return { start: key - 1, end };
  }
  return scanForUsage(bytes.subarray(dataStart, dataEnd), dataStart);
}

function scanForUsage(data: Buffer, offset: number): Span | undefined {
  try {
    const scan = new JsonScan(data);
    const { members } = readMembers(scan, usageKeys, "the event", () => scan.skip());
    const { usage } = members;
    if (usage === undefined) return undefined;
    if (usage.index > 0) return { start: offset + usage.previousEnd, end: offset + usage.end };
    const next = data.indexOf(quote, usage.end);
    return { start: offset + usage.start, end: offset + (next < 0 ? usage.end : next) };
  } catch {
    // Half a surrogate pair, say, as servers cut text anywhere: a null that the client ignores does no harm.
    return undefined;
  }
}

interface Span {
  readonly start: number;
  readonly end: number;
}

/** Longer events keep a null usage, which clients ignore: looking for it would hold the event loop. */
const scannedBytesMax = 131_072;

const usageKeys = new KeySet(["usage"]);
const usageKey = Buffer.from('"usage"');
const nullUsage = Buffer.from('"usage":null');
const comma = 0x2c;
const quote = 0x22;
