import { type JsonObject, objectOf, textOf } from "../json-view.ts";
import { cleanMember, type OwnArtefacts, withPlainIds } from "../own-artefacts.ts";

/** Converse: thoughts that nobody signed, and ids of calls that carry Gemini's proof. */
export const converseArtefacts: OwnArtefacts = {
  marks: ["__thought__", '"reasoningText"'],
  history: "messages",
  clean: (message) => cleanMember(message, "content", cleanBlock),
};

function cleanBlock(block: JsonObject): JsonObject | undefined {
  const thought = objectOf(objectOf(block.reasoningContent)?.reasoningText);
  if (thought !== undefined && textOf(thought.signature) === undefined) return undefined;
  let plain = block;
  for (const key of ["toolUse", "toolResult"]) {
    const called = objectOf(block[key]);
    if (called === undefined) continue;
    const cleaned = withPlainIds(called, "toolUseId");
    if (cleaned !== called) plain = { ...plain, [key]: cleaned };
  }
  return plain;
}
