import type { ByteRuns } from "../../core/byte-runs.ts";
import { GatewayError } from "../../core/errors.ts";
import { stringBytesMax } from "../../core/json-values.ts";
import { type SseEvent, withData } from "../../core/sse.ts";
import type { JsonObject } from "../json-view.ts";
import { replaceMember } from "./locate-members.ts";
import type { TextTail, TextTap } from "./text-tap.ts";

/** Writes what was held back of a text as one more event of the format. */
export type TailWriter = (tail: TextTail) => Buffer;

/** The event with its texts filtered; what it ends and was held back is added to `out` first. The same event without a filter, or without a change. */
export function filterEvent(
  event: SseEvent,
  data: JsonObject,
  texts: TextTap | undefined,
  write: TailWriter,
  out: ByteRuns,
): SseEvent {
  if (texts === undefined) return event;
  // What is not read cannot be filtered.
  if (event.cut)
    throw new GatewayError(
      "upstream_invalid",
      `an event of the stream has more than ${stringBytesMax} bytes of text, which cannot be filtered`,
    );
  const written = dataOf(event);
  const { tails, json } = texts.filter(written, data);
  for (const tail of tails) out.add(write(tail));
  return json === written ? event : withData(event, json);
}

/** The event with another value for a member of its data. */
export function withMember(event: SseEvent, data: JsonObject, key: string, value: string): SseEvent {
  return withData(event, replaceMember(dataOf(event), data, key, value));
}

function dataOf({ bytes, data, dataStart, dataEnd }: SseEvent): Buffer {
  return dataStart >= 0 ? bytes.subarray(dataStart, dataEnd) : Buffer.from(data ?? "");
}

/** Adds to `out` what is still held back where the answer ends. */
export function flushTexts(texts: TextTap | undefined, write: TailWriter, out: ByteRuns): void {
  for (const tail of texts?.flush() ?? []) out.add(write(tail));
}
