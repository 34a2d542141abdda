import { assert, unreachable } from "../../core/errors.ts";
import type { MergedTurn } from "../merge-turns.ts";
import type { Part, Source, TextPart, ToolCallPart, ToolResultPart } from "../model-request.ts";
import { argumentsObject } from "../tool-arguments.ts";
import { providerId } from "../tool-call-id.ts";

/** What Google documents for calls whose signature was lost, or which no Gemini made (https://ai.google.dev/api/generate-content). */
const unsigned = "skip_thought_signature_validator";

/** Writes contents in order; results of tools are told by the names of their calls. */
export class TurnWriter {
  readonly #signs: boolean;
  readonly #names = new Map<string, string>();

  constructor(model: string) {
    const version = /gemini-(\d+)/.exec(model)?.[1];
    this.#signs = version === undefined || Number(version) >= 3;
  }

  write({ role, parts, field }: MergedTurn): object {
    let called = false;
    const written = parts.flatMap((part) => {
      const first = part.type === "tool_call" && !called;
      called ||= part.type === "tool_call";
      return this.#part(part, field, first);
    });
    // A turn of thoughts alone says nothing here, and may not be empty.
    return {
      role: role === "user" ? "user" : "model",
      parts: written.length === 0 ? [{ text: "" }] : written,
    };
  }

  #part(part: Part, field: string, first: boolean): readonly object[] {
    switch (part.type) {
      case "text":
        return [{ text: part.text }];
      case "image":
      case "document":
        return [{ inlineData: blobOf(part.source) }];
      case "reasoning":
      case "redacted":
        return [];
      case "tool_call":
        return [this.#call(part, field, first)];
      case "tool_result":
        return [this.#result(part)];
      default:
        return unreachable(part);
    }
  }

  #call(call: ToolCallPart, field: string, first: boolean): object {
    const { id, name, signature } = call;
    this.#names.set(id, name);
    const proof = signature ?? (this.#signs && first ? unsigned : undefined);
    return {
      functionCall: { id: providerId(id), name, args: argumentsObject(call, field) },
      ...(proof === undefined ? {} : { thoughtSignature: proof }),
    };
  }

  #result({ id, content, isError }: ToolResultPart): object {
    const name = this.#names.get(id);
    const text = content
      .filter((part): part is TextPart => part.type === "text")
      .map((part) => part.text)
      .join("\n");
    return {
      functionResponse: { id: providerId(id), name, response: isError ? { error: text } : { output: text } },
    };
  }
}

function blobOf(source: Source): object {
  assert(source.kind !== "url", "it is not within reach");
  return source.kind === "base64"
    ? { mimeType: source.mediaType, data: source.data }
    : { mimeType: "text/plain", data: Buffer.from(source.text).toString("base64") };
}
