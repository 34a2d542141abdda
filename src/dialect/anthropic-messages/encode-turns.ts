import { unreachable } from "../../core/errors.ts";
import { cacheControl } from "../cache-control.ts";
import type { Changes } from "../changes.ts";
import type { MergedTurn } from "../merge-turns.ts";
import type { ModelRequest, Part, Source, TextPart } from "../model-request.ts";
import { argumentsObject } from "../tool-arguments.ts";
import { providerId } from "../tool-call-id.ts";

/** `system`: one plain text, or blocks where more must be expressed. */
export function encodeSystem(system: readonly TextPart[]): string | readonly object[] {
  const [only] = system;
  if (only !== undefined && system.length === 1 && only.cache === undefined) return only.text;
  return system.map(encodeText);
}

/** One message. */
export function encodeTurn(
  { role, parts, field }: MergedTurn,
  request: ModelRequest,
  changes: Changes,
): object {
  const [only] = parts;
  if (only?.type === "text" && parts.length === 1 && only.cache === undefined)
    return { role, content: only.text };
  const content = parts.flatMap((part) => encodePart(part, field, request, changes));
  return { role, content };
}

function encodePart(part: Part, field: string, request: ModelRequest, changes: Changes): readonly object[] {
  switch (part.type) {
    case "text":
      return [encodeText(part)];
    case "image":
      return [{ type: "image", source: encodeSource(part.source), ...cacheControl(part.cache) }];
    case "document":
      return [
        {
          type: "document",
          source: encodeSource(part.source),
          ...(part.name === undefined ? {} : { title: part.name }),
          ...cacheControl(part.cache),
        },
      ];
    case "reasoning":
      // Reasoning that no vendor signed cannot be shown to Claude as its own.
      if (part.signature === undefined) {
        changes.note("reasoning_replay", "dropped: it has no signature");
        return [];
      }
      return [{ type: "thinking", thinking: part.text, signature: part.signature }];
    case "redacted":
      return [{ type: "redacted_thinking", data: part.data }];
    case "tool_call":
      return [
        {
          type: "tool_use",
          id: providerId(part.id),
          name: part.name,
          input: argumentsObject(part, field),
          ...cacheControl(part.cache),
        },
      ];
    case "tool_result":
      return [
        {
          type: "tool_result",
          tool_use_id: providerId(part.id),
          content: encodeResult(part.content, field, request, changes),
          ...(part.isError ? { is_error: true } : {}),
          ...cacheControl(part.cache),
        },
      ];
    default:
      return unreachable(part);
  }
}

function encodeResult(
  content: readonly Part[],
  field: string,
  request: ModelRequest,
  changes: Changes,
): string | readonly object[] {
  const [only] = content;
  if (only === undefined) return "";
  if (only.type === "text" && content.length === 1) return only.text;
  return content.flatMap((part) => encodePart(part, field, request, changes));
}

function encodeText({ text, cache }: TextPart): object {
  return { type: "text", text, ...cacheControl(cache) };
}

function encodeSource(source: Source): object {
  switch (source.kind) {
    case "base64":
      return { type: "base64", media_type: source.mediaType, data: source.data };
    case "url":
      return { type: "url", url: source.url };
    case "text":
      return { type: "text", media_type: "text/plain", data: source.text };
  }
}
