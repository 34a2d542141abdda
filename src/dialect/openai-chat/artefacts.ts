import { cleanMember, type OwnArtefacts, withPlainIds } from "../own-artefacts.ts";

/** Chat: ids of calls that carry Gemini's proof. */
export const chatArtefacts: OwnArtefacts = {
  marks: ["__thought__"],
  history: "messages",
  clean: (message) =>
    cleanMember(withPlainIds(message, "tool_call_id"), "tool_calls", (call) => withPlainIds(call, "id")),
};
