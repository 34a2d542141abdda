import type { JsonObject } from "../json-view.ts";
import type { Part, Source, ToolCallPart } from "../model-request.ts";
import type { ModelRequestDraft } from "../model-request-draft.ts";
import { readDataUrl } from "../openai-options.ts";
import { invalid } from "../read-field.ts";
import { isAbsent, listAt, objectAt, onlyKnown, optional, textAt, untranslatable } from "../read-json.ts";
import { splitSignature } from "../tool-call-id.ts";
import { customArguments, flatName } from "./own-tools.ts";
import { unseal } from "./reasoning-proof.ts";

const messageKeys: ReadonlySet<string> = new Set(["type", "id", "role", "content", "status", "phase"]);
const callKeys: ReadonlySet<string> = new Set([
  "type",
  "id",
  "call_id",
  "name",
  "namespace",
  "arguments",
  "input",
  "status",
]);
const outputKeys: ReadonlySet<string> = new Set(["type", "id", "call_id", "output", "status"]);
const reasoningKeys: ReadonlySet<string> = new Set([
  "type",
  "id",
  "summary",
  "content",
  "encrypted_content",
  "status",
]);

/** Reads `input`: one text, or items. */
export function decodeInput(draft: ModelRequestDraft, value: unknown): void {
  if (typeof value === "string") {
    draft.addTurn("user", [{ type: "text", text: value }], "input");
    return;
  }
  for (const [index, item] of listAt(value, "input").entries())
    decodeItem(draft, objectAt(item, `input[${index}]`), `input[${index}]`);
}

function decodeItem(draft: ModelRequestDraft, item: JsonObject, field: string): void {
  switch (item.type) {
    case undefined:
    case "message":
      onlyKnown(item, messageKeys, field);
      draft.addTurn(roleOf(item.role, field), decodeContent(draft, item.content, `${field}.content`), field);
      return;
    case "function_call":
    case "custom_tool_call":
      draft.addTurn("assistant", [decodeCall(item, field)], field);
      return;
    case "custom_tool_call_output":
    case "function_call_output": {
      onlyKnown(item, outputKeys, field);
      const { id } = splitSignature(textAt(item.call_id, `${field}.call_id`));
      const parts = decodeContent(draft, item.output, `${field}.output`);
      draft.addTurn("user", [draft.toolResult(id, parts, false, `${field}.output`)], field);
      return;
    }
    case "reasoning":
      decodeReasoning(draft, item, field);
      return;
    default:
      throw untranslatable(`${field}.type`);
  }
}

function decodeCall(item: JsonObject, field: string): ToolCallPart {
  onlyKnown(item, callKeys, field);
  const { id, signature } = splitSignature(textAt(item.call_id, `${field}.call_id`));
  const namespace = optional(item.namespace, `${field}.namespace`, textAt);
  const name = flatName(namespace, textAt(item.name, `${field}.name`));
  const written =
    item.type === "custom_tool_call"
      ? customArguments(textAt(item.input, `${field}.input`))
      : (optional(item.arguments, `${field}.arguments`, textAt) ?? "");
  return { type: "tool_call", id, name, arguments: written, signature };
}

function roleOf(role: unknown, field: string): "user" | "assistant" | "system" {
  switch (role) {
    case "user":
    case "assistant":
    case "system":
      return role;
    case "developer":
      return "system";
    default:
      throw invalid(`${field}.role`, "must be user, assistant, system or developer");
  }
}

function decodeReasoning(draft: ModelRequestDraft, item: JsonObject, field: string): void {
  onlyKnown(item, reasoningKeys, field);
  draft.use("reasoning_replay", field);
  const proof = unseal(optional(item.encrypted_content, `${field}.encrypted_content`, textAt) ?? "");
  if (proof.data !== undefined) {
    draft.addTurn("assistant", [{ type: "redacted", data: proof.data }], field);
    return;
  }
  const summary = optional(item.summary, `${field}.summary`, listAt) ?? [];
  const text = summary
    .map((part, index) =>
      textAt(objectAt(part, `${field}.summary[${index}]`).text, `${field}.summary[${index}].text`),
    )
    .join("");
  draft.addTurn("assistant", [{ type: "reasoning", text, signature: proof.signature }], field);
}

function decodeContent(draft: ModelRequestDraft, value: unknown, field: string): readonly Part[] {
  if (typeof value === "string") return value === "" ? [] : [{ type: "text", text: value }];
  return listAt(value, field).map((item, index) => {
    const at = `${field}[${index}]`;
    return decodePart(draft, objectAt(item, at), at);
  });
}

function decodePart(draft: ModelRequestDraft, part: JsonObject, field: string): Part {
  switch (part.type) {
    case "input_text":
    case "output_text":
    case "text":
      return { type: "text", text: textAt(part.text, `${field}.text`) };
    case "refusal":
      return { type: "text", text: textAt(part.refusal, `${field}.refusal`) };
    case "input_image": {
      if (!isAbsent(part.file_id)) throw untranslatable(`${field}.file_id`);
      const detail = optional(part.detail, `${field}.detail`, textAt);
      return draft.image(sourceOf(textAt(part.image_url, `${field}.image_url`)), field, detail);
    }
    case "input_file": {
      if (!isAbsent(part.file_id)) throw untranslatable(`${field}.file_id`);
      const name = optional(part.filename, `${field}.filename`, textAt);
      if (!isAbsent(part.file_url))
        return draft.document({ kind: "url", url: textAt(part.file_url, `${field}.file_url`) }, field, name);
      const data = textAt(part.file_data, `${field}.file_data`);
      const inline = readDataUrl(data) ?? { mediaType: "application/pdf", data };
      return draft.document({ kind: "base64", ...inline }, field, name);
    }
    default:
      throw untranslatable(`${field}.type`);
  }
}

function sourceOf(url: string): Source {
  const inline = readDataUrl(url);
  return inline === undefined ? { kind: "url", url } : { kind: "base64", ...inline };
}
