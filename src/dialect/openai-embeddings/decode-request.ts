import { EmbeddingDraft, type EmbeddingRequest } from "../embedding/embedding-request.ts";
import type { JsonObject } from "../json-view.ts";
import { invalid } from "../read-field.ts";
import { isAbsent, textAt, untranslatable } from "../read-json.ts";
import { inputTypes } from "./input-type.ts";

/** Read from the bytes by `inspectEmbeddings`, or the gateway's own. */
const decided: ReadonlySet<string> = new Set(["model", "contract", "metadata"]);

/** A request for embeddings without its wire format (https://developers.openai.com/api/reference/resources/embeddings). */
export function decodeEmbeddingsRequest(body: JsonObject): EmbeddingRequest {
  const draft = new EmbeddingDraft();
  if (isAbsent(body.input)) throw invalid("input", "must be a text, or an array of them");
  for (const name in body) {
    const value = body[name];
    if (!isAbsent(value) && !decided.has(name)) decodeMember(draft, name, value);
  }
  return draft;
}

function decodeMember(draft: EmbeddingDraft, name: string, value: unknown): void {
  switch (name) {
    case "input":
      decodeInput(draft, value);
      return;
    case "dimensions":
      draft.takeDimensions(value, name);
      return;
    case "encoding_format":
      if (value === "base64") draft.use("base64", name);
      else if (value !== "float") throw untranslatable(name);
      return;
    case "input_type": {
      const purpose = inputTypes.get(textAt(value, name));
      if (purpose === undefined) throw invalid(name, `must be one of ${[...inputTypes.keys()].join(", ")}`);
      draft.takePurpose(purpose, name);
      return;
    }
    case "user":
      draft.drop(name);
      return;
    default:
      throw untranslatable(name);
  }
}

function decodeInput(draft: EmbeddingDraft, value: unknown): void {
  if (typeof value === "string") draft.takeTexts([value], "input");
  else if (Array.isArray(value) && (typeof value[0] === "number" || Array.isArray(value[0])))
    draft.use("token_ids", "input");
  else draft.takeTexts(value, "input");
}
