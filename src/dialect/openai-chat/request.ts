import type { RequestEdits, RequestFacts } from "../dialect.ts";
import { spliceMembers } from "../splice-members.ts";
import type { ChatMarks } from "./inspect.ts";

const capFields = ["max_tokens", "max_completion_tokens"];

/** Writes what differs for one target into a chat request, and asks for usage in streams. */
export function spliceChat(body: Buffer, facts: RequestFacts, edits: RequestEdits): Buffer {
  const { request, streamOptions } = facts.marks as ChatMarks;
  return spliceMembers(body, request, facts, edits, capFields, (edit, inserted) => {
    if (!facts.stream || facts.wantsUsage) return;
    const asked = streamOptions?.members.include_usage;
    const options = request.members.stream_options;
    if (asked !== undefined) edit.replaceValue(asked, "true");
    else if (streamOptions !== undefined)
      edit.changeMembers(streamOptions.place, [], ['"include_usage":true'], body);
    else if (options !== undefined) edit.replaceValue(options, '{"include_usage":true}');
    else inserted.push('"stream_options":{"include_usage":true}');
  });
}
