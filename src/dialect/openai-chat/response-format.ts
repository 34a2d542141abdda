import type { RequestDraft } from "../request-draft.ts";

/** A longer format is not looked into: what it asks for is then not known to routes. */
const formatBytesMax = 65_536;

const formats: Readonly<Record<string, string>> = {
  text: "text",
  json_object: "json",
  json_schema: "json-schema",
};

/** Reads `response_format`: its text is part of the input; answers which kind it is, undefined for kinds of tomorrow. */
export function readResponseFormat({ scan, text }: RequestDraft): string | undefined {
  const start = scan.position();
  const isObject = scan.kind() === "object";
  text.value(scan);
  if (!isObject || scan.passed - start > formatBytesMax) return undefined;
  const { type } = JSON.parse(scan.body.toString("utf8", start, scan.passed)) as { readonly type?: unknown };
  return typeof type === "string" && Object.hasOwn(formats, type) ? formats[type] : undefined;
}
