import { type JsonObject, parseObject } from "./json-view.ts";
import type { RequestDraft } from "./request-draft.ts";

/** A longer format is not looked into: what it asks for is then not known to routes. */
const formatBytesMax = 65_536;

const formats: Readonly<Record<string, string>> = {
  text: "text",
  json_object: "json",
  json_schema: "json-schema",
};

/** Reads a member that says what the answer's text is to be: all of it is input; the type that `typeOf` finds in it is noted, unless it is one of tomorrow. */
export function readResponseFormat(draft: RequestDraft, typeOf: (format: JsonObject) => unknown): void {
  const { scan, text } = draft;
  const start = scan.position();
  const isObject = scan.kind() === "object";
  text.value(scan);
  if (!isObject || scan.passed - start > formatBytesMax) return;
  const type = typeOf(parseObject(scan.body.toString("utf8", start, scan.passed)) ?? {});
  if (typeof type === "string" && Object.hasOwn(formats, type)) draft.responseFormat = formats[type];
}
