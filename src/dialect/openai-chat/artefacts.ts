import { type JsonObject, objectOf, textOf } from "../json-view.ts";
import { cleanMember, type OwnArtefacts, withPlainIds } from "../own-artefacts.ts";
import { isSealed, sealMark } from "./thought-seal.ts";

/** Chat: ids of calls that carry Gemini's proof, and thoughts of a provider of another format. */
export const chatArtefacts: OwnArtefacts = {
  marks: ["__thought__", sealMark],
  history: "messages",
  clean: (message) =>
    cleanMember(withoutThoughts(withPlainIds(message, "tool_call_id")), "tool_calls", (call) =>
      withPlainIds(call, "id"),
    ),
};

/** The same thoughts stand in `reasoning_content`, which few servers take back. */
function withoutThoughts(message: JsonObject): JsonObject {
  const { thinking_blocks: blocks, reasoning_content: _, ...others } = message;
  if (!Array.isArray(blocks) || !blocks.some(isOwn)) return message;
  const foreign = blocks.filter((block) => !isOwn(block));
  return foreign.length === 0 ? others : { ...others, thinking_blocks: foreign };
}

function isOwn(block: unknown): boolean {
  const { signature, data } = objectOf(block) ?? {};
  return isSealed(textOf(signature) ?? textOf(data) ?? "");
}
