import { BodyEdit, type Member } from "../body-edit.ts";
import type { RequestEdits, RequestFacts } from "../dialect.ts";
import type { ChatMarks } from "./inspect.ts";

/**
 * Writes what differs for one target into a chat request: the model, one output cap in the one field that this provider heeds, usage asked for
 * in streams, and no `contract`. Every other byte stays; with nothing to change the same buffer comes back.
 */
export function spliceChat(body: Buffer, facts: RequestFacts, edits: RequestEdits): Buffer {
  const { request, streamOptions } = facts.marks as ChatMarks;
  const { members, place } = request;
  const edit = new BodyEdit();
  const removed: Member[] = [];
  const inserted: string[] = [];

  if (members.contract !== undefined) removed.push(members.contract);
  if (members.model === undefined) inserted.push(`"model":${JSON.stringify(edits.model)}`);
  else if (facts.model !== edits.model) edit.replaceValue(members.model, JSON.stringify(edits.model));

  if (edits.outputCap !== undefined) {
    for (const field of ["max_tokens", "max_completion_tokens"] as const) {
      const member = members[field];
      if (field !== edits.outputCapField && member !== undefined) removed.push(member);
    }
    const heeded = members[edits.outputCapField as "max_tokens" | "max_completion_tokens"];
    const cap = String(edits.outputCap);
    if (heeded === undefined) inserted.push(`"${edits.outputCapField}":${cap}`);
    else if (body.toString("latin1", heeded.valueStart, heeded.end) !== cap) edit.replaceValue(heeded, cap);
  }

  if (facts.stream && !facts.wantsUsage) {
    const asked = streamOptions?.members.include_usage;
    if (asked !== undefined) edit.replaceValue(asked, "true");
    else if (streamOptions !== undefined)
      edit.changeMembers(streamOptions.place, [], ['"include_usage":true'], body);
    else if (members.stream_options !== undefined)
      edit.replaceValue(members.stream_options, '{"include_usage":true}');
    else inserted.push('"stream_options":{"include_usage":true}');
  }
  edit.changeMembers(place, removed, inserted, body);
  return edit.apply(body);
}
