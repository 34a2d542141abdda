import type { RequestEdits, RequestFacts } from "../dialect.ts";
import { withoutArtefacts } from "../own-artefacts.ts";
import { spliceMembers } from "../splice-members.ts";
import { messagesArtefacts } from "./artefacts.ts";
import type { MessagesMarks } from "./inspect.ts";

/** Writes what differs for one target into a Messages request; a request to count tokens has no cap. */
export function spliceMessages(body: Buffer, facts: RequestFacts, edits: RequestEdits): Buffer {
  const capFields = facts.operation.name === "messages" ? ["max_tokens"] : [];
  const spliced = spliceMembers(body, facts.marks as MessagesMarks, facts, edits, capFields);
  return withoutArtefacts(spliced, messagesArtefacts);
}
