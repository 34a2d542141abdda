import type { RequestEdits, RequestFacts } from "../dialect.ts";
import { withoutArtefacts } from "../own-artefacts.ts";
import { spliceMembers } from "../splice-members.ts";
import { responsesArtefacts } from "./artefacts.ts";
import type { ResponsesMarks } from "./inspect.ts";

const capFields = ["max_output_tokens"];

/** Writes what differs for one target into a Responses request. */
export function spliceResponses(body: Buffer, facts: RequestFacts, edits: RequestEdits): Buffer {
  const spliced = spliceMembers(body, facts.marks as ResponsesMarks, facts, edits, capFields);
  return withoutArtefacts(spliced, responsesArtefacts);
}
