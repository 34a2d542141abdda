import { EmbeddingDraft, type EmbeddingRequest } from "../embedding/embedding-request.ts";
import type { JsonObject } from "../json-view.ts";
import { flagAt, isAbsent, listAt, textAt, untranslatable } from "../read-json.ts";

/** Read from the bytes by `inspectTitan`, or the gateway's own. */
const decided: ReadonlySet<string> = new Set(["contract", "metadata"]);

/** A request for the embedding of one text, without its wire format. */
export function decodeTitanRequest(body: JsonObject): EmbeddingRequest {
  const draft = new EmbeddingDraft();
  draft.takeTexts([textAt(body.inputText, "inputText")], "inputText");
  for (const name in body) {
    const value = body[name];
    if (!isAbsent(value) && !decided.has(name)) decodeMember(draft, name, value);
  }
  return draft;
}

function decodeMember(draft: EmbeddingDraft, name: string, value: unknown): void {
  switch (name) {
    case "inputText":
      return;
    case "dimensions":
      draft.takeDimensions(value, name);
      return;
    case "normalize":
      draft.normalized = flagAt(value, name);
      draft.use(draft.normalized ? "normalized" : "not_normalized", name);
      return;
    case "embeddingTypes":
      // Bits of Titan's making are no other model's.
      for (const [index, type] of listAt(value, name).entries())
        if (type !== "float") throw untranslatable(`${name}[${index}]`);
      return;
    default:
      throw untranslatable(name);
  }
}
