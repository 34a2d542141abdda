import { unreachable } from "../../core/errors.ts";
import { JsonScan } from "../../core/json-scan.ts";
import { KeySet } from "../../core/key-set.ts";
import type { Member } from "../body-edit.ts";
import type { Operation, RequestFacts } from "../dialect.ts";
import { readContent } from "../gemini-generate/prompt.ts";
import { enterArray, invalid, readModel } from "../read-field.ts";
import { type MarkedObject, readMembers } from "../read-members.ts";
import { readOther } from "../read-other.ts";
import { RequestDraft } from "../request-draft.ts";
import { readFields } from "../request-fields.ts";

const requestKeys = new KeySet(["model", "content", "requests", "contract", "metadata"]);
type RequestKey = (typeof requestKeys.names)[number];

const unbilledKeys: ReadonlySet<string> = new Set(["taskType", "task_type"]);

/** Where a request for Gemini's embeddings can be changed. */
export interface EmbedMarks {
  readonly request: MarkedObject<RequestKey>;
  /** Every `model` in the body; each is the path's. */
  readonly models: readonly Member[];
}

/** Reads what decides about a request for embeddings of one content, or of a batch; the model is in the path. */
export function inspectEmbed(body: Buffer, operation: Operation): RequestFacts {
  const draft = new RequestDraft(new JsonScan(body));
  const models: Member[] = [];
  const request = readRequest(draft, operation, models, "the body");
  draft.scan.finish();
  draft.outputCap = 0;
  draft.framed = false;
  return draft.facts(operation, { request, models } satisfies EmbedMarks);
}

/** Reads a request, or one of a batch. */
function readRequest(
  draft: RequestDraft,
  operation: Operation,
  models: Member[],
  param: string,
): MarkedObject<RequestKey> {
  const request = readMembers(draft.scan, requestKeys, param, (key) => {
    if (key === "model") checkModel(readModel(draft.scan, key), operation);
    else if (key === "requests") readRequests(draft, operation, models, param);
    else readMember(key, draft);
  });
  const { model } = request.members;
  if (model !== undefined) models.push(model);
  return request;
}

function readMember(key: Exclude<RequestKey, "model" | "requests"> | "", draft: RequestDraft): void {
  switch (key) {
    case "content":
      readContent(draft);
      return;
    case "contract":
    case "metadata":
      readFields(draft.scan, key, draft.fields);
      return;
    case "":
      readOther(draft, { unbilled: unbilledKeys });
      return;
    default:
      unreachable(key);
  }
}

function checkModel(model: string, { model: path = "" }: Operation): void {
  if (model !== path && model !== `models/${path}`) throw invalid("model", "must be the model of the path");
}

/** The requests of a batch; elsewhere a field that nobody knows. */
function readRequests(draft: RequestDraft, operation: Operation, models: Member[], param: string): void {
  const { scan, text } = draft;
  if (operation.name !== "embed_batch" || param !== "the body") {
    text.value(scan);
    return;
  }
  if (!enterArray(scan, "requests")) throw invalid("requests", "must be an array");
  while (scan.nextItem()) readRequest(draft, operation, models, "requests[]");
}
