import { cleanMember, type OwnArtefacts, withPlainIds } from "../own-artefacts.ts";

/** Messages: thoughts that no Claude signed, and ids of calls that carry Gemini's proof. */
export const messagesArtefacts: OwnArtefacts = {
  marks: ["__thought__", '"signature":""', '"signature": ""'],
  history: "messages",
  clean: (message) =>
    cleanMember(message, "content", (block) =>
      block.type === "thinking" && block.signature === ""
        ? undefined
        : withPlainIds(block, "id", "tool_use_id"),
    ),
};
