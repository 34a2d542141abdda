import { KeySet } from "../core/key-set.ts";
import type { BodyEdit } from "./body-edit.ts";
import type { RequestFacts } from "./dialect.ts";
import { readFlag } from "./read-field.ts";
import { type MarkedObject, readMembers } from "./read-members.ts";
import type { RequestDraft } from "./request-draft.ts";

const optionKeys = new KeySet(["include_usage"]);

/** Where a request of OpenAI's streamed APIs can be changed. */
export interface StreamMarks {
  readonly request: MarkedObject<string>;
  /** Undefined when `stream_options` is null or not there. */
  readonly streamOptions: MarkedObject<(typeof optionKeys.names)[number]> | undefined;
}

/** Reads `stream_options`. */
export function readStreamOptions(draft: RequestDraft): StreamMarks["streamOptions"] {
  const scan = draft.scan;
  if (scan.kind() === "null") {
    scan.skip();
    return undefined;
  }
  return readMembers(scan, optionKeys, "stream_options", (key) => {
    if (key === "include_usage") draft.wantsUsage = readFlag(scan, "stream_options.include_usage") ?? false;
    else scan.skip();
  });
}

/** Asks for usage in a stream whose client did not, and leaves its other options. */
export function askForUsage(body: Buffer, facts: RequestFacts, edit: BodyEdit, inserted: string[]): void {
  if (!facts.stream || facts.wantsUsage) return;
  const { request, streamOptions } = facts.marks as StreamMarks;
  const asked = streamOptions?.members.include_usage;
  const options = request.members.stream_options;
  if (asked !== undefined) edit.replaceValue(asked, "true");
  else if (streamOptions !== undefined)
    edit.changeMembers(streamOptions.place, [], ['"include_usage":true'], body);
  else if (options !== undefined) edit.replaceValue(options, '{"include_usage":true}');
  else inserted.push('"stream_options":{"include_usage":true}');
}
