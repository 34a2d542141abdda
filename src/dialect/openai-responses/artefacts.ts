import { textOf } from "../json-view.ts";
import { type OwnArtefacts, withPlainIds } from "../own-artefacts.ts";
import { unseal } from "./reasoning-proof.ts";

/** Responses: reasoning sealed for another vendor, and ids of calls that carry Gemini's proof. */
export const responsesArtefacts: OwnArtefacts = {
  marks: ["__thought__", '"signed:', '"redacted:'],
  history: "input",
  clean: (item) => {
    if (item.type !== "reasoning") return withPlainIds(item, "call_id");
    const { signature, data } = unseal(textOf(item.encrypted_content) ?? "");
    return signature === undefined && data === undefined ? item : undefined;
  },
};
