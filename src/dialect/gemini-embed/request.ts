import { BodyEdit } from "../body-edit.ts";
import type { RequestEdits, RequestFacts } from "../dialect.ts";
import type { EmbedMarks } from "./inspect.ts";

/** Writes what differs for one target: the model wherever the body repeats it. */
export function spliceEmbed(body: Buffer, facts: RequestFacts, edits: RequestEdits): Buffer {
  const { request, models } = facts.marks as EmbedMarks;
  const { contract } = request.members;
  const edit = new BodyEdit();
  if (edits.model !== facts.model)
    for (const model of models) edit.replaceValue(model, JSON.stringify(`models/${edits.model}`));
  edit.changeMembers(request.place, contract === undefined ? [] : [contract], [], body);
  return edit.apply(body);
}
