import { assert } from "../../core/errors.ts";
import { BodyEdit } from "../body-edit.ts";
import type { RequestEdits, RequestFacts } from "../dialect.ts";
import { withoutArtefacts } from "../own-artefacts.ts";
import { generateArtefacts } from "./artefacts.ts";
import type { GenerateMarks } from "./inspect.ts";

/** Writes what differs for one target into a Gemini request: the cap inside the generation config, and the model wherever the body repeats it. */
export function spliceGenerate(body: Buffer, facts: RequestFacts, edits: RequestEdits): Buffer {
  const { request, config, models } = facts.marks as GenerateMarks;
  const edit = new BodyEdit();
  const inserted: string[] = [];
  if (edits.model !== facts.model)
    for (const model of models) edit.replaceValue(model, JSON.stringify(`models/${edits.model}`));
  if (edits.outputCap !== undefined && facts.operation.name === "generate") {
    assert(edits.outputCapField === "maxOutputTokens", "the provider's cap field is the dialect's");
    const cap = String(edits.outputCap);
    const written = request.members.generationConfig ?? request.members.generation_config;
    const heeded = config?.members.maxOutputTokens ?? config?.members.max_output_tokens;
    if (heeded !== undefined) {
      if (body.toString("latin1", heeded.valueStart, heeded.end) !== cap) edit.replaceValue(heeded, cap);
    } else if (config !== undefined) edit.changeMembers(config.place, [], [`"maxOutputTokens":${cap}`], body);
    else if (written !== undefined) edit.replaceValue(written, `{"maxOutputTokens":${cap}}`);
    else inserted.push(`"generationConfig":{"maxOutputTokens":${cap}}`);
  }
  const { contract } = request.members;
  edit.changeMembers(request.place, contract === undefined ? [] : [contract], inserted, body);
  return withoutArtefacts(edit.apply(body), generateArtefacts);
}
