import { stringifyExact } from "../exact-json.ts";
import type { JsonObject } from "../json-view.ts";
import type { CacheMark, Part, Source } from "../model-request.ts";
import type { ModelRequestDraft } from "../model-request-draft.ts";
import { invalid } from "../read-field.ts";
import { isAbsent, listAt, objectAt, onlyKnown, optional, textAt, untranslatable } from "../read-json.ts";
import { splitSignature } from "../tool-call-id.ts";
import { documentFormats, imageFormats, mediaTypeOf } from "./media.ts";

const messageKeys: ReadonlySet<string> = new Set(["role", "content"]);
const documentKeys: ReadonlySet<string> = new Set(["format", "name", "source"]);
const resultKeys: ReadonlySet<string> = new Set(["toolUseId", "content", "status"]);

/** Reads `system`: texts, and marks of what to cache. */
export function decodeSystem(draft: ModelRequestDraft, value: unknown): void {
  draft.addTurn("system", decodeBlocks(draft, value, "system"), "system");
}

/** Reads `messages` of a Converse request. */
export function decodeMessages(draft: ModelRequestDraft, value: unknown): void {
  for (const [index, item] of listAt(value, "messages").entries()) {
    const field = `messages[${index}]`;
    const message = objectAt(item, field);
    onlyKnown(message, messageKeys, field);
    const { role } = message;
    if (role !== "user" && role !== "assistant") throw invalid(`${field}.role`, "must be user or assistant");
    draft.addTurn(role, decodeBlocks(draft, message.content, `${field}.content`), field);
  }
}

function decodeBlocks(draft: ModelRequestDraft, value: unknown, field: string): Part[] {
  const parts: Part[] = [];
  for (const [index, item] of listAt(value, field).entries()) {
    const at = `${field}[${index}]`;
    const block = objectAt(item, at);
    if (isAbsent(block.cachePoint)) parts.push(decodeBlock(draft, block, at));
    else markCache(draft, parts, objectAt(block.cachePoint, `${at}.cachePoint`), at);
  }
  return parts;
}

/** A cache point stands behind what it marks; one behind nothing, or behind a thought, marks nothing. */
function markCache(draft: ModelRequestDraft, parts: Part[], point: JsonObject, field: string): void {
  draft.cache(field);
  const marked = parts.pop();
  if (marked === undefined) return;
  const keeps = marked.type === "reasoning" || marked.type === "redacted";
  parts.push(keeps ? marked : { ...marked, cache: cacheMarkOf(point) });
}

/** For how long a cache point lasts. */
export function cacheMarkOf({ ttl }: JsonObject): CacheMark {
  return ttl === "1h" ? "1h" : "5m";
}

function decodeBlock(draft: ModelRequestDraft, block: JsonObject, field: string): Part {
  const [name, ...more] = Object.keys(block).filter((key) => !isAbsent(block[key]));
  if (name === undefined || more.length > 0) throw invalid(field, "must have exactly one member");
  const at = `${field}.${name}`;
  const value = block[name];
  if (name === "text") return { type: "text", text: textAt(value, at) };
  const object = objectAt(value, at);
  switch (name) {
    case "image": {
      const type = mediaTypeOf(imageFormats, textAt(object.format, `${at}.format`));
      return draft.image(decodeSource(object.source, type, `${at}.source`), at);
    }
    case "document": {
      onlyKnown(object, documentKeys, at);
      const type = mediaTypeOf(documentFormats, textAt(object.format, `${at}.format`));
      const named = optional(object.name, `${at}.name`, textAt);
      return draft.document(decodeSource(object.source, type, `${at}.source`), at, named);
    }
    case "toolUse": {
      const { id, signature } = splitSignature(textAt(object.toolUseId, `${at}.toolUseId`));
      const input = objectAt(object.input ?? {}, `${at}.input`);
      const called = textAt(object.name, `${at}.name`);
      return { type: "tool_call", id, name: called, arguments: stringifyExact(input), signature };
    }
    case "toolResult": {
      onlyKnown(object, resultKeys, at);
      const { id } = splitSignature(textAt(object.toolUseId, `${at}.toolUseId`));
      const parts = listAt(object.content, `${at}.content`).map((item, index) =>
        decodeResult(draft, objectAt(item, `${at}.content[${index}]`), `${at}.content[${index}]`),
      );
      return draft.toolResult(id, parts, object.status === "error", at);
    }
    case "reasoningContent":
      return decodeThought(draft, object, at);
    default:
      throw untranslatable(at);
  }
}

/** A tool's result may be JSON, which other formats take as text. */
function decodeResult(draft: ModelRequestDraft, block: JsonObject, field: string): Part {
  if (!isAbsent(block.json)) return { type: "text", text: stringifyExact(block.json) };
  return decodeBlock(draft, block, field);
}

function decodeThought(draft: ModelRequestDraft, content: JsonObject, field: string): Part {
  draft.use("reasoning_replay", field);
  if (!isAbsent(content.redactedContent))
    return { type: "redacted", data: textAt(content.redactedContent, `${field}.redactedContent`) };
  const thought = objectAt(content.reasoningText, `${field}.reasoningText`);
  return {
    type: "reasoning",
    text: textAt(thought.text, `${field}.reasoningText.text`),
    signature: optional(thought.signature, `${field}.reasoningText.signature`, textAt),
  };
}

function decodeSource(value: unknown, mediaType: string | undefined, field: string): Source {
  const source = objectAt(value, field);
  if (!isAbsent(source.text)) return { kind: "text", text: textAt(source.text, `${field}.text`) };
  if (isAbsent(source.bytes)) throw untranslatable(field);
  if (mediaType === undefined) throw invalid(field, "is of a format that is not known");
  return { kind: "base64", mediaType, data: textAt(source.bytes, `${field}.bytes`) };
}
