import { assert } from "../../core/errors.ts";
import { BodyEdit } from "../body-edit.ts";
import type { RequestEdits, RequestFacts } from "../dialect.ts";
import { withoutArtefacts } from "../own-artefacts.ts";
import { converseArtefacts } from "./artefacts.ts";
import type { ConverseMarks } from "./inspect.ts";

/** Writes what differs for one target into a Converse request: the cap inside `inferenceConfig`; the model goes into the path. */
export function spliceConverse(body: Buffer, facts: RequestFacts, edits: RequestEdits): Buffer {
  const { request, inference } = facts.marks as ConverseMarks;
  const { contract, inferenceConfig } = request.members;
  const edit = new BodyEdit();
  const inserted: string[] = [];
  if (edits.outputCap !== undefined) {
    assert(edits.outputCapField === "maxTokens", "the provider's cap field is the dialect's");
    const cap = String(edits.outputCap);
    const heeded = inference?.members.maxTokens;
    if (heeded !== undefined) {
      if (body.toString("latin1", heeded.valueStart, heeded.end) !== cap) edit.replaceValue(heeded, cap);
    } else if (inference !== undefined) edit.changeMembers(inference.place, [], [`"maxTokens":${cap}`], body);
    else if (inferenceConfig !== undefined) edit.replaceValue(inferenceConfig, `{"maxTokens":${cap}}`);
    else inserted.push(`"inferenceConfig":{"maxTokens":${cap}}`);
  }
  edit.changeMembers(request.place, contract === undefined ? [] : [contract], inserted, body);
  return withoutArtefacts(edit.apply(body), converseArtefacts);
}
