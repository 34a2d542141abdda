import assert from "node:assert/strict";
import { EventStreamDecoder } from "../../../src/core/event-stream.ts";

/** All that the client can read in an answer, its framing and base64 taken off and its strings without escapes. */
export function readable(name: string, streamed: boolean, bytes: Buffer): string {
  return strings(jsonsOf(name, streamed, bytes)).join("\n");
}

/** The JSON of an answer of a format: of each event, or of the whole. */
export function jsonsOf(name: string, streamed: boolean, bytes: Buffer): readonly unknown[] {
  if (!streamed) return [JSON.parse(bytes.toString())];
  if (!name.startsWith("bedrock"))
    return [...bytes.toString().matchAll(/^data: (\{.*)$/gm)].map(([, json = ""]) => JSON.parse(json));
  const decoder = new EventStreamDecoder();
  decoder.push(bytes);
  const jsons: unknown[] = [];
  for (let message = decoder.next(); message !== undefined; message = decoder.next()) {
    const payload = JSON.parse(message.payload.toString());
    jsons.push(
      typeof payload.bytes === "string"
        ? JSON.parse(Buffer.from(payload.bytes, "base64").toString())
        : payload,
    );
  }
  assert.equal(decoder.cut, false);
  return jsons;
}

function strings(value: unknown): readonly string[] {
  if (typeof value === "string") return [value];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(strings) : [];
}
