import { stringifyExact } from "../exact-json.ts";
import type { JsonObject } from "../json-view.ts";
import type { Part } from "../model-request.ts";
import type { ModelRequestDraft } from "../model-request-draft.ts";
import { invalid } from "../read-field.ts";
import { isAbsent, listAt, objectAt, onlyKnown, optional, textAt, untranslatable } from "../read-json.ts";
import { splitSignature } from "../tool-call-id.ts";
import { camel } from "./camel.ts";
import { redactedOf } from "./thought.ts";

const contentKeys: ReadonlySet<string> = new Set(["role", "parts"]);
const textKeys: ReadonlySet<string> = new Set(["text", "thought", "thoughtSignature"]);
const blobKeys: ReadonlySet<string> = new Set(["mimeType", "data", "displayName"]);
const callKeys: ReadonlySet<string> = new Set(["id", "name", "args"]);
const responseKeys: ReadonlySet<string> = new Set(["id", "name", "response"]);

/** Reads `systemInstruction`: a content, or text alone. */
export function decodeSystem(draft: ModelRequestDraft, value: unknown): void {
  const field = "systemInstruction";
  if (typeof value === "string") {
    draft.addTurn("system", [{ type: "text", text: value }], field);
    return;
  }
  const { parts } = camel(objectAt(value, field));
  draft.addTurn("system", new PartReader(draft).readParts(parts, `${field}.parts`), field);
}

/** Reads `contents`. */
export function decodeContents(draft: ModelRequestDraft, value: unknown): void {
  const reader = new PartReader(draft);
  const contents = Array.isArray(value) ? value : [value];
  for (const [index, item] of contents.entries()) {
    const field = `contents[${index}]`;
    const content = camel(objectAt(item, field));
    onlyKnown(content, contentKeys, field);
    const role = roleOf(content.role, field);
    draft.addTurn(role, reader.readParts(content.parts, `${field}.parts`), field);
  }
}

function roleOf(role: unknown, field: string): "user" | "assistant" {
  if (isAbsent(role) || role === "user" || role === "function") return "user";
  if (role === "model") return "assistant";
  throw invalid(`${field}.role`, "must be user or model");
}

/** Reads parts in order: calls may come without an id, and then their results are told by their names alone. */
class PartReader {
  readonly #draft: ModelRequestDraft;
  /** Ids of calls by name that no result has taken yet. */
  readonly #unanswered = new Map<string, string[]>();
  #calls = 0;

  constructor(draft: ModelRequestDraft) {
    this.#draft = draft;
  }

  readParts(value: unknown, field: string): readonly Part[] {
    if (isAbsent(value)) return [];
    if (!Array.isArray(value)) return this.#readPart(value, field);
    return listAt(value, field).flatMap((item, index) => this.#readPart(item, `${field}[${index}]`));
  }

  #readPart(value: unknown, field: string): readonly Part[] {
    const part = camel(objectAt(value, field));
    const signature = optional(part.thoughtSignature, `${field}.thoughtSignature`, textAt);
    if (part.thought === true) return this.#thought(part, signature, field);
    if (!isAbsent(part.functionCall))
      return [this.#call(part.functionCall, signature, `${field}.functionCall`)];
    if (!isAbsent(part.functionResponse))
      return [this.#result(part.functionResponse, `${field}.functionResponse`)];
    if (!isAbsent(part.inlineData)) return [this.#blob(part.inlineData, `${field}.inlineData`)];
    onlyKnown(part, textKeys, field);
    const text = optional(part.text, `${field}.text`, textAt);
    return text === undefined || text === "" ? [] : [{ type: "text", text }];
  }

  /** A model's reasoning; `thoughtSignature` may hold another vendor's proof, as `encode-events` wrote it. */
  #thought(part: JsonObject, signature: string | undefined, field: string): readonly Part[] {
    onlyKnown(part, textKeys, field);
    this.#draft.use("reasoning_replay", field);
    const data = signature === undefined ? undefined : redactedOf(signature);
    if (data !== undefined) return [{ type: "redacted", data }];
    return [{ type: "reasoning", text: optional(part.text, `${field}.text`, textAt) ?? "", signature }];
  }

  #call(value: unknown, signature: string | undefined, field: string): Part {
    const call = camel(objectAt(value, field));
    onlyKnown(call, callKeys, field);
    const name = textAt(call.name, `${field}.name`);
    this.#calls += 1;
    const given = optional(call.id, `${field}.id`, textAt) ?? `call_${this.#calls}`;
    const split = splitSignature(given);
    const waiting = this.#unanswered.get(name);
    if (waiting === undefined) this.#unanswered.set(name, [split.id]);
    else waiting.push(split.id);
    const args = optional(call.args, `${field}.args`, objectAt) ?? {};
    return {
      type: "tool_call",
      id: split.id,
      name,
      arguments: stringifyExact(args),
      signature: split.signature ?? signature,
    };
  }

  #result(value: unknown, field: string): Part {
    const result = camel(objectAt(value, field));
    onlyKnown(result, responseKeys, field);
    const name = textAt(result.name, `${field}.name`);
    const given = optional(result.id, `${field}.id`, textAt);
    const first = this.#unanswered.get(name)?.shift();
    const id = given === undefined ? first : splitSignature(given).id;
    if (id === undefined) throw invalid(field, `answers a call of ${name} that was not made`);
    const response = optional(result.response, `${field}.response`, objectAt) ?? {};
    const { text, isError } = readResponse(response);
    return this.#draft.toolResult(id, [{ type: "text", text }], isError, field);
  }

  #blob(value: unknown, field: string): Part {
    const blob = camel(objectAt(value, field));
    onlyKnown(blob, blobKeys, field);
    const mediaType = textAt(blob.mimeType, `${field}.mimeType`);
    const data = textAt(blob.data, `${field}.data`);
    const source = { kind: "base64" as const, mediaType, data };
    if (mediaType.startsWith("image/")) return this.#draft.image(source, field);
    if (/^(audio|video)\//.test(mediaType)) throw untranslatable(field);
    return this.#draft.document(source, field, optional(blob.displayName, `${field}.displayName`, textAt));
  }
}

/** A tool's answer: text where it is the one member the API names for it, else the object as it is written. */
function readResponse(response: JsonObject): { readonly text: string; readonly isError: boolean } {
  const [name, ...more] = Object.keys(response);
  const only = more.length === 0 && name !== undefined ? response[name] : undefined;
  const isError = name === "error";
  if ((name === "output" || name === "result" || isError) && typeof only === "string")
    return { text: only, isError };
  return { text: JSON.stringify(response), isError: isError && more.length === 0 };
}
