import { appendAll } from "../../core/append-all.ts";
import type { ModelRequest, Part, Source, TextPart, ToolResultPart, Turn } from "../model-request.ts";
import { providerId } from "../tool-call-id.ts";

/** `messages`: the system text, then every turn. Each tool's result is a separate message before the user's words of its turn. */
export function encodeTurns(request: ModelRequest): readonly object[] {
  const messages: object[] = [];
  if (request.system.length > 0) messages.push({ role: "system", content: encodeTexts(request.system) });
  for (const turn of request.turns) appendAll(messages, encodeTurn(turn));
  return messages;
}

function encodeTurn({ role, parts }: Turn): readonly object[] {
  switch (role) {
    case "system":
      return [{ role, content: encodeContent(parts) }];
    case "assistant":
      return encodeAssistant(parts);
    case "user": {
      const results = parts.filter((part): part is ToolResultPart => part.type === "tool_result");
      const rest = parts.filter((part) => part.type !== "tool_result");
      const messages: object[] = results.map(({ id, content }) => ({
        role: "tool",
        tool_call_id: providerId(id),
        content: encodeTexts(content.filter((part): part is TextPart => part.type === "text")),
      }));
      if (rest.length > 0) messages.push({ role, content: encodeContent(rest) });
      return messages;
    }
  }
}

/** Thoughts are left out: the format has no place for them. A turn of nothing else has nothing to say. */
function encodeAssistant(parts: readonly Part[]): readonly object[] {
  const texts = parts.filter((part): part is TextPart => part.type === "text");
  const calls = parts.flatMap((part) =>
    part.type === "tool_call"
      ? [
          {
            id: providerId(part.id),
            type: "function",
            function: { name: part.name, arguments: part.arguments === "" ? "{}" : part.arguments },
          },
        ]
      : [],
  );
  if (texts.length === 0 && calls.length === 0) return [];
  return [
    {
      role: "assistant",
      content: texts.length === 0 ? null : encodeTexts(texts),
      ...(calls.length === 0 ? {} : { tool_calls: calls }),
    },
  ];
}

function encodeTexts(texts: readonly TextPart[]): string | readonly object[] {
  const [only] = texts;
  if (texts.length <= 1) return only?.text ?? "";
  return texts.map(({ text }) => ({ type: "text", text }));
}

function encodeContent(parts: readonly Part[]): string | readonly object[] {
  const [only] = parts;
  if (only?.type === "text" && parts.length === 1) return only.text;
  return parts.flatMap((part): readonly object[] => {
    switch (part.type) {
      case "text":
        return [{ type: "text", text: part.text }];
      case "image": {
        const detail = part.detail === undefined ? {} : { detail: part.detail };
        return [{ type: "image_url", image_url: { url: urlOf(part.source), ...detail } }];
      }
      case "document":
        return [
          { type: "file", file: { filename: part.name ?? "document.pdf", file_data: urlOf(part.source) } },
        ];
      default:
        return [];
    }
  });
}

/** Inline data as a `data:` URL. */
function urlOf(source: Source): string {
  switch (source.kind) {
    case "base64":
      return `data:${source.mediaType};base64,${source.data}`;
    case "url":
      return source.url;
    case "text":
      return `data:text/plain;base64,${Buffer.from(source.text).toString("base64")}`;
  }
}
