import { assert, unreachable } from "../../core/errors.ts";
import type { Changes } from "../changes.ts";
import type { MergedTurn } from "../merge-turns.ts";
import type { CacheMark, DocumentPart, ImagePart, Part, TextPart } from "../model-request.ts";
import { argumentsObject } from "../tool-arguments.ts";
import { providerId } from "../tool-call-id.ts";
import { documentFormats, imageFormats } from "./media.ts";

/** `system`: texts, with marks of what to cache. */
export function encodeSystem(system: readonly TextPart[]): readonly object[] {
  return system.flatMap(({ text, cache }) => [{ text }, ...cachePoint(cache)]);
}

/** One message. */
export function encodeTurn(
  { role, parts, field }: MergedTurn,
  names: DocumentNames,
  changes: Changes,
): object {
  return { role, content: parts.flatMap((part) => encodePart(part, field, names, changes)) };
}

/** The block behind what is to be cached; none where nothing is. */
export function cachePoint(mark: CacheMark | undefined): readonly object[] {
  if (mark === undefined) return [];
  return [{ cachePoint: mark === "5m" ? { type: "default" } : { type: "default", ttl: "1h" } }];
}

/** Names of documents as Bedrock wants them: of a few characters only, and each once. */
export class DocumentNames {
  readonly #taken = new Set<string>();

  take(wanted: string | undefined): string {
    const plain = (wanted ?? "document")
      .replace(/\.[A-Za-z0-9]{1,5}$/, "")
      .replace(/[^A-Za-z0-9 ()[\]-]/g, "-")
      .replace(/ +/g, " ")
      .slice(0, 200);
    let name = plain;
    for (let count = 2; this.#taken.has(name); count += 1) name = `${plain} ${count}`;
    this.#taken.add(name);
    return name;
  }
}

function encodePart(part: Part, field: string, names: DocumentNames, changes: Changes): readonly object[] {
  switch (part.type) {
    case "text":
      return [{ text: part.text }, ...cachePoint(part.cache)];
    case "image":
      return [encodeImage(part), ...cachePoint(part.cache)];
    case "document":
      return [encodeDocument(part, names), ...cachePoint(part.cache)];
    case "reasoning":
      // Reasoning that no vendor signed cannot be shown to a model as its own.
      if (part.signature === undefined) {
        changes.note("reasoning_replay", "dropped: it has no signature");
        return [];
      }
      return [{ reasoningContent: { reasoningText: { text: part.text, signature: part.signature } } }];
    case "redacted":
      return [{ reasoningContent: { redactedContent: part.data } }];
    case "tool_call": {
      const input = argumentsObject(part, field);
      const toolUse = { toolUseId: providerId(part.id), name: part.name, input };
      return [{ toolUse }, ...cachePoint(part.cache)];
    }
    case "tool_result": {
      const content = part.content.flatMap((one) => encodePart(one, field, names, changes));
      const toolResult = {
        toolUseId: providerId(part.id),
        content: content.length === 0 ? [{ text: "" }] : content,
        ...(part.isError ? { status: "error" } : {}),
      };
      return [{ toolResult }, ...cachePoint(part.cache)];
    }
    default:
      return unreachable(part);
  }
}

function encodeImage({ source }: ImagePart): object {
  assert(source.kind === "base64", "nothing else is within reach");
  return { image: { format: imageFormats[source.mediaType], source: { bytes: source.data } } };
}

function encodeDocument({ source, name }: DocumentPart, names: DocumentNames): object {
  assert(source.kind !== "url", "it is not within reach");
  const format = source.kind === "text" ? "txt" : documentFormats[source.mediaType];
  const bytes = source.kind === "text" ? Buffer.from(source.text).toString("base64") : source.data;
  return { document: { format, name: names.take(name), source: { bytes } } };
}
