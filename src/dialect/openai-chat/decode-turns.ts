import { appendAll } from "../../core/append-all.ts";
import { readCacheControl } from "../cache-control.ts";
import type { JsonObject } from "../json-view.ts";
import type { Part, Source } from "../model-request.ts";
import type { ModelRequestDraft } from "../model-request-draft.ts";
import { readDataUrl } from "../openai-options.ts";
import { invalid } from "../read-field.ts";
import { isAbsent, listAt, objectAt, onlyKnown, optional, textAt, untranslatable } from "../read-json.ts";
import { splitSignature } from "../tool-call-id.ts";
import { unsealThought } from "./thought-seal.ts";

const messageKeys: ReadonlySet<string> = new Set([
  "role",
  "content",
  "name",
  "tool_call_id",
  "cache_control",
]);
const assistantKeys: ReadonlySet<string> = new Set([
  "role",
  "content",
  "name",
  "refusal",
  "tool_calls",
  "reasoning_content",
  "thinking_blocks",
  "cache_control",
]);
const partKeys: ReadonlySet<string> = new Set(["type", "text", "image_url", "file", "cache_control"]);
const callKeys: ReadonlySet<string> = new Set(["id", "type", "index", "function"]);

/** Reads `messages` of a chat request. */
export function decodeMessages(draft: ModelRequestDraft, value: unknown): void {
  listAt(value, "messages").forEach((item, index) => {
    const field = `messages[${index}]`;
    const message = objectAt(item, field);
    if (!isAbsent(message.name)) draft.drop(`${field}.name`);
    switch (message.role) {
      case "system":
      case "developer":
      case "user": {
        onlyKnown(message, messageKeys, field);
        const parts = decodeContent(draft, message.content, `${field}.content`);
        const role = message.role === "user" ? "user" : "system";
        draft.addTurn(role, markLast(draft, message, parts, field), field);
        return;
      }
      case "assistant": {
        const parts = decodeAssistant(draft, message, field);
        draft.addTurn("assistant", markLast(draft, message, parts, field), field);
        return;
      }
      case "tool": {
        onlyKnown(message, messageKeys, field);
        const { id } = splitSignature(textAt(message.tool_call_id, `${field}.tool_call_id`));
        const parts = decodeContent(draft, message.content, `${field}.content`);
        const cache = readCacheControl(draft, message, field);
        draft.addTurn("user", [draft.toolResult(id, parts, false, `${field}.content`, cache)], field);
        return;
      }
      case "function":
        throw untranslatable(`${field}.role`);
      default:
        throw invalid(`${field}.role`, "must be system, developer, user, assistant or tool");
    }
  });
}

/** A cache mark on a whole message, as clients of LiteLLM and OpenRouter write it, covers the message up to its last part. */
function markLast(
  draft: ModelRequestDraft,
  message: JsonObject,
  parts: readonly Part[],
  field: string,
): readonly Part[] {
  const cache = readCacheControl(draft, message, field);
  const last = parts.at(-1);
  if (cache === undefined || last === undefined || last.type === "reasoning" || last.type === "redacted")
    return parts;
  return [...parts.slice(0, -1), { ...last, cache }];
}

function decodeAssistant(draft: ModelRequestDraft, message: JsonObject, field: string): readonly Part[] {
  onlyKnown(message, assistantKeys, field);
  const parts: Part[] = [...decodeThoughts(draft, message, field)];
  if (!isAbsent(message.content)) appendAll(parts, decodeContent(draft, message.content, `${field}.content`));
  const refusal = optional(message.refusal, `${field}.refusal`, textAt);
  if (refusal !== undefined && refusal !== "") parts.push({ type: "text", text: refusal });
  const calls = optional(message.tool_calls, `${field}.tool_calls`, listAt) ?? [];
  calls.forEach((call, index) => {
    parts.push(decodeCall(call, `${field}.tool_calls[${index}]`));
  });
  return parts;
}

/** Thoughts as gateways hand them on in chat messages: `thinking_blocks` with signatures, beside the same text in `reasoning_content`. */
function decodeThoughts(draft: ModelRequestDraft, message: JsonObject, field: string): readonly Part[] {
  const at = `${field}.thinking_blocks`;
  const blocks = optional(message.thinking_blocks, at, listAt);
  if (blocks === undefined) {
    const text = optional(message.reasoning_content, `${field}.reasoning_content`, textAt);
    if (text === undefined || text === "") return [];
    draft.use("reasoning_replay", `${field}.reasoning_content`);
    return [{ type: "reasoning", text }];
  }
  if (blocks.length > 0) draft.use("reasoning_replay", at);
  return blocks.map((item, index): Part => {
    const block = objectAt(item, `${at}[${index}]`);
    if (block.type === "redacted_thinking")
      return { type: "redacted", data: unsealThought(textAt(block.data, `${at}[${index}].data`)) };
    const signature = optional(block.signature, `${at}[${index}].signature`, textAt);
    return {
      type: "reasoning",
      text: textAt(block.thinking, `${at}[${index}].thinking`),
      signature: signature === undefined ? undefined : unsealThought(signature),
    };
  });
}

function decodeCall(value: unknown, field: string): Part {
  const call = objectAt(value, field);
  if (!isAbsent(call.type) && call.type !== "function") throw untranslatable(`${field}.type`);
  onlyKnown(call, callKeys, field);
  const called = objectAt(call.function, `${field}.function`);
  const { id, signature } = splitSignature(textAt(call.id, `${field}.id`));
  return {
    type: "tool_call",
    id,
    name: textAt(called.name, `${field}.function.name`),
    arguments: optional(called.arguments, `${field}.function.arguments`, textAt) ?? "",
    signature,
  };
}

function decodeContent(draft: ModelRequestDraft, value: unknown, field: string): readonly Part[] {
  if (typeof value === "string") return value === "" ? [] : [{ type: "text", text: value }];
  return listAt(value, field).map((item, index) => decodePart(draft, item, `${field}[${index}]`));
}

function decodePart(draft: ModelRequestDraft, value: unknown, field: string): Part {
  const part = objectAt(value, field);
  switch (part.type) {
    case "text":
      onlyKnown(part, partKeys, field);
      return {
        type: "text",
        text: textAt(part.text, `${field}.text`),
        cache: readCacheControl(draft, part, field),
      };
    case "refusal":
      return { type: "text", text: textAt(part.refusal, `${field}.refusal`) };
    case "image_url": {
      onlyKnown(part, partKeys, field);
      const image = objectAt(part.image_url, `${field}.image_url`);
      const url = textAt(image.url, `${field}.image_url.url`);
      const detail = optional(image.detail, `${field}.image_url.detail`, textAt);
      return draft.image(sourceOf(url), `${field}.image_url`, detail, readCacheControl(draft, part, field));
    }
    case "file": {
      onlyKnown(part, partKeys, field);
      const file = objectAt(part.file, `${field}.file`);
      const name = optional(file.filename, `${field}.file.filename`, textAt);
      const data = textAt(file.file_data, `${field}.file.file_data`);
      const inline = readDataUrl(data) ?? { mediaType: "application/pdf", data };
      const source: Source = { kind: "base64", ...inline };
      return draft.document(source, `${field}.file`, name, readCacheControl(draft, part, field));
    }
    default:
      throw untranslatable(`${field}.type`);
  }
}

function sourceOf(url: string): Source {
  const inline = readDataUrl(url);
  return inline === undefined ? { kind: "url", url } : { kind: "base64", ...inline };
}
