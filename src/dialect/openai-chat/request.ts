import type { RequestEdits, RequestFacts } from "../dialect.ts";
import { askForUsage, type StreamMarks } from "../openai-stream-options.ts";
import { withoutArtefacts } from "../own-artefacts.ts";
import { spliceMembers } from "../splice-members.ts";
import { chatArtefacts } from "./artefacts.ts";

const capFields = ["max_tokens", "max_completion_tokens"];

/** Writes what differs for one target into a chat request, and asks for usage in streams. */
export function spliceChat(body: Buffer, facts: RequestFacts, edits: RequestEdits): Buffer {
  const { request } = facts.marks as StreamMarks;
  const spliced = spliceMembers(body, request, facts, edits, capFields, (edit, inserted) =>
    askForUsage(body, facts, edit, inserted),
  );
  return withoutArtefacts(spliced, chatArtefacts);
}
