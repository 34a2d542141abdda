import { EmbeddingDraft, type EmbeddingRequest, type NumberKind } from "../embedding/embedding-request.ts";
import type { JsonObject } from "../json-view.ts";
import { invalid } from "../read-field.ts";
import { isAbsent, listAt, objectAt, onlyKnown, textAt, untranslatable } from "../read-json.ts";
import { coherePurposes } from "./input-type.ts";

/** Read from the bytes by `inspectCohereEmbed`, or the gateway's own. */
const decided: ReadonlySet<string> = new Set(["model", "contract", "metadata"]);

/** A request for embeddings without its wire format: Cohere's own, or Bedrock's for a model of Cohere. */
export function decodeCohereEmbedRequest(body: JsonObject): EmbeddingRequest {
  const draft = new EmbeddingDraft();
  if (isAbsent(body.texts) && isAbsent(body.inputs) && isAbsent(body.images))
    throw invalid("texts", "must be an array of texts");
  if (!isAbsent(body.texts) && !isAbsent(body.inputs)) throw invalid("inputs", "excludes texts");
  for (const name in body) {
    const value = body[name];
    if (!isAbsent(value) && !decided.has(name)) decodeMember(draft, name, value);
  }
  return draft;
}

function decodeMember(draft: EmbeddingDraft, name: string, value: unknown): void {
  switch (name) {
    case "texts":
      draft.takeTexts(value, name);
      return;
    case "inputs":
      draft.takeTexts(
        listAt(value, name).map((input, index) => textOfInput(input, `inputs[${index}]`)),
        name,
      );
      return;
    case "input_type": {
      const purpose = coherePurposes.get(textAt(value, name));
      if (purpose === undefined) throw untranslatable(name);
      draft.takePurpose(purpose, name);
      return;
    }
    case "embedding_types":
      decodeTypes(draft, listAt(value, name), name);
      return;
    case "output_dimension":
      draft.takeDimensions(value, name);
      return;
    case "truncate":
      decodeTruncate(draft, textAt(value, name), name);
      return;
    default:
      throw untranslatable(name);
  }
}

const inputKeys: ReadonlySet<string> = new Set(["content"]);
const partKeys: ReadonlySet<string> = new Set(["type", "text"]);

/** An input that is one text: what becomes of several parts, or of a picture, no other format says. */
function textOfInput(value: unknown, field: string): string {
  const input = objectAt(value, field);
  onlyKnown(input, inputKeys, field);
  const parts = listAt(input.content, `${field}.content`);
  if (parts.length > 1) throw untranslatable(`${field}.content[1]`);
  const part = objectAt(parts[0], `${field}.content[0]`);
  onlyKnown(part, partKeys, `${field}.content[0]`);
  return textAt(part.text, `${field}.content[0].text`);
}

const numberKinds: ReadonlySet<unknown> = new Set(["float", "int8", "uint8", "binary", "ubinary"]);

function decodeTypes(draft: EmbeddingDraft, types: readonly unknown[], field: string): void {
  const numbers = new Set<NumberKind>();
  for (const [index, type] of types.entries()) {
    const at = `${field}[${index}]`;
    if (type === "base64") draft.use("base64", at);
    else if (!numberKinds.has(type)) throw untranslatable(at);
    // Base64 is made of floats here.
    const kind = type === "base64" ? "float" : (type as NumberKind);
    if (kind !== "float") draft.use("small_numbers", at);
    numbers.add(kind);
  }
  if (numbers.size > 0) draft.numbers = [...numbers];
}

/** Cohere's words, and Bedrock's for the newest of its models. */
function decodeTruncate(draft: EmbeddingDraft, truncate: string, field: string): void {
  switch (truncate.toUpperCase()) {
    case "NONE":
      draft.takeTruncate("none", field);
      return;
    case "START":
    case "LEFT":
      draft.takeTruncate("start", field);
      return;
    case "END":
    case "RIGHT":
      draft.takeTruncate("end", field);
      return;
    default:
      throw invalid(field, "must be NONE, START or END");
  }
}
