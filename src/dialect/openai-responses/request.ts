import type { RequestEdits, RequestFacts } from "../dialect.ts";
import { spliceMembers } from "../splice-members.ts";
import type { ResponsesMarks } from "./inspect.ts";

const capFields = ["max_output_tokens"];

/** Writes what differs for one target into a Responses request. */
export function spliceResponses(body: Buffer, facts: RequestFacts, edits: RequestEdits): Buffer {
  return spliceMembers(body, facts.marks as ResponsesMarks, facts, edits, capFields);
}
