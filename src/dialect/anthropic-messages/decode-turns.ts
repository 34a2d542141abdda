import { readCacheControl } from "../cache-control.ts";
import { stringifyExact } from "../exact-json.ts";
import type { JsonObject } from "../json-view.ts";
import type { Part, Source } from "../model-request.ts";
import type { ModelRequestDraft } from "../model-request-draft.ts";
import { invalid } from "../read-field.ts";
import {
  flagAt,
  isAbsent,
  listAt,
  objectAt,
  onlyKnown,
  optional,
  textAt,
  untranslatable,
} from "../read-json.ts";
import { splitSignature } from "../tool-call-id.ts";

const messageKeys: ReadonlySet<string> = new Set(["role", "content"]);
const textKeys: ReadonlySet<string> = new Set(["type", "text", "cache_control"]);
const imageKeys: ReadonlySet<string> = new Set(["type", "source", "cache_control"]);
const documentKeys: ReadonlySet<string> = new Set(["type", "source", "title", "cache_control", "citations"]);
const useKeys: ReadonlySet<string> = new Set(["type", "id", "name", "input", "cache_control", "caller"]);
const resultKeys: ReadonlySet<string> = new Set([
  "type",
  "tool_use_id",
  "content",
  "is_error",
  "cache_control",
]);

/** Reads `system`: text, or blocks of it. */
export function decodeSystem(draft: ModelRequestDraft, value: unknown): void {
  draft.addTurn("system", decodeContent(draft, value, "system"), "system");
}

/** Reads `messages` of a Messages request. */
export function decodeMessages(draft: ModelRequestDraft, value: unknown): void {
  listAt(value, "messages").forEach((item, index) => {
    const field = `messages[${index}]`;
    const message = objectAt(item, field);
    onlyKnown(message, messageKeys, field);
    const { role } = message;
    if (role !== "user" && role !== "assistant" && role !== "system")
      throw invalid(`${field}.role`, "must be user or assistant");
    draft.addTurn(role, decodeContent(draft, message.content, `${field}.content`), field);
  });
}

function decodeContent(draft: ModelRequestDraft, value: unknown, field: string): readonly Part[] {
  if (typeof value === "string") return value === "" ? [] : [{ type: "text", text: value }];
  return listAt(value, field).map((item, index) => {
    const at = `${field}[${index}]`;
    return decodeBlock(draft, objectAt(item, at), at);
  });
}

function decodeBlock(draft: ModelRequestDraft, block: JsonObject, field: string): Part {
  switch (block.type) {
    case "text":
      // Citations of an earlier answer come back with its text, and say nothing to another model.
      if (!isAbsent(block.citations)) draft.drop(`${field}.citations`);
      else onlyKnown(block, textKeys, field);
      return {
        type: "text",
        text: textAt(block.text, `${field}.text`),
        cache: readCacheControl(draft, block, field),
      };
    case "image": {
      onlyKnown(block, imageKeys, field);
      const source = decodeSource(block.source, `${field}.source`);
      return draft.image(source, `${field}.source`, undefined, readCacheControl(draft, block, field));
    }
    case "document": {
      onlyKnown(block, documentKeys, field);
      const citations = optional(block.citations, `${field}.citations`, objectAt);
      if (citations?.enabled === true) throw untranslatable(`${field}.citations`);
      const title = optional(block.title, `${field}.title`, textAt);
      const source = decodeSource(block.source, `${field}.source`);
      return draft.document(source, `${field}.source`, title, readCacheControl(draft, block, field));
    }
    case "tool_use": {
      onlyKnown(block, useKeys, field);
      const { id, signature } = splitSignature(textAt(block.id, `${field}.id`));
      return {
        type: "tool_call",
        id,
        name: textAt(block.name, `${field}.name`),
        arguments: stringifyExact(optional(block.input, `${field}.input`, objectAt) ?? {}),
        signature,
        cache: readCacheControl(draft, block, field),
      };
    }
    case "tool_result":
      return decodeResult(draft, block, field);
    default:
      return decodeThought(draft, block, field);
  }
}

function decodeResult(draft: ModelRequestDraft, block: JsonObject, field: string): Part {
  onlyKnown(block, resultKeys, field);
  const { id } = splitSignature(textAt(block.tool_use_id, `${field}.tool_use_id`));
  const parts = isAbsent(block.content) ? [] : decodeContent(draft, block.content, `${field}.content`);
  const isError = optional(block.is_error, `${field}.is_error`, flagAt) ?? false;
  return draft.toolResult(id, parts, isError, field, readCacheControl(draft, block, field));
}

function decodeThought(draft: ModelRequestDraft, block: JsonObject, field: string): Part {
  switch (block.type) {
    case "thinking": {
      draft.use("reasoning_replay", field);
      const signature = optional(block.signature, `${field}.signature`, textAt);
      return {
        type: "reasoning",
        text: textAt(block.thinking, `${field}.thinking`),
        signature: signature === "" ? undefined : signature,
      };
    }
    case "redacted_thinking":
      draft.use("reasoning_replay", field);
      return { type: "redacted", data: textAt(block.data, `${field}.data`) };
    default:
      throw untranslatable(`${field}.type`);
  }
}

function decodeSource(value: unknown, field: string): Source {
  const source = objectAt(value, field);
  switch (source.type) {
    case "base64": {
      const mediaType = textAt(source.media_type, `${field}.media_type`);
      return { kind: "base64", mediaType, data: textAt(source.data, `${field}.data`) };
    }
    case "url":
      return { kind: "url", url: textAt(source.url, `${field}.url`) };
    case "text":
      return { kind: "text", text: textAt(source.data, `${field}.data`) };
    default:
      throw untranslatable(`${field}.type`);
  }
}
