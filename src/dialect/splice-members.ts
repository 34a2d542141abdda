import { assert } from "../core/errors.ts";
import { BodyEdit, type Member } from "./body-edit.ts";
import type { RequestEdits, RequestFacts } from "./dialect.ts";
import type { MarkedObject } from "./read-members.ts";

/**
 * Writes what every format with `model` and caps in its top-level object has to change for one target: the model, one output cap in the
 * one of `capFields` that the provider heeds, and no `contract`. `more` may add to the changes, and to the members put in first.
 * Every other byte stays; with nothing to change the same buffer comes back.
 */
export function spliceMembers(
  body: Buffer,
  request: MarkedObject<string>,
  facts: RequestFacts,
  edits: RequestEdits,
  capFields: readonly string[],
  more?: (edit: BodyEdit, inserted: string[]) => void,
): Buffer {
  const { members, place } = request;
  const edit = new BodyEdit();
  const removed: Member[] = members.contract === undefined ? [] : [members.contract];
  const inserted: string[] = [];
  if (facts.operation.model === undefined) {
    if (members.model === undefined) inserted.push(`"model":${JSON.stringify(edits.model)}`);
    else if (facts.model !== edits.model) edit.replaceValue(members.model, JSON.stringify(edits.model));
  }
  if (edits.outputCap !== undefined && capFields.length > 0) {
    assert(capFields.includes(edits.outputCapField), "the provider's cap field is one of the dialect's");
    for (const field of capFields) {
      const member = members[field];
      if (field !== edits.outputCapField && member !== undefined) removed.push(member);
    }
    const heeded = members[edits.outputCapField];
    const cap = String(edits.outputCap);
    if (heeded === undefined) inserted.push(`"${edits.outputCapField}":${cap}`);
    else if (body.toString("latin1", heeded.valueStart, heeded.end) !== cap) edit.replaceValue(heeded, cap);
  }
  more?.(edit, inserted);
  edit.changeMembers(place, removed, inserted, body);
  return edit.apply(body);
}
