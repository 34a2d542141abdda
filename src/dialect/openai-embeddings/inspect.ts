import { unreachable } from "../../core/errors.ts";
import { JsonScan } from "../../core/json-scan.ts";
import { KeySet } from "../../core/key-set.ts";
import type { Operation, RequestFacts } from "../dialect.ts";
import { readModel, readText } from "../read-field.ts";
import { readInput } from "../read-input.ts";
import { type MarkedObject, readMembers } from "../read-members.ts";
import { readOther } from "../read-other.ts";
import { RequestDraft } from "../request-draft.ts";
import { readFields } from "../request-fields.ts";
import { allServerMembers } from "../server-members.ts";

const requestKeys = new KeySet(["model", "input", "encoding_format", "contract", "metadata"]);
type RequestKey = (typeof requestKeys.names)[number];

const unbilledKeys: ReadonlySet<string> = new Set(["user", "input_type"]);

/** Where a request for embeddings can be changed. */
export interface EmbeddingsMarks extends MarkedObject<RequestKey> {
  /** True if the client wants vectors in base64, as OpenAI's SDKs do by default. */
  readonly base64: boolean;
}

/** Reads what decides about a request for embeddings (https://developers.openai.com/api/reference/resources/embeddings). */
export function inspectEmbeddings(body: Buffer, operation: Operation): RequestFacts {
  const scan = new JsonScan(body);
  const draft = new RequestDraft(scan);
  let base64 = false;
  const request = readMembers(scan, requestKeys, "the body", (key) => {
    if (key === "encoding_format") base64 = readText(scan, key) === "base64";
    else readMember(key, draft);
  });
  scan.finish();
  draft.outputCap = 0;
  return draft.facts(operation, { ...request, base64 } satisfies EmbeddingsMarks);
}

function readMember(key: Exclude<RequestKey, "encoding_format"> | "", draft: RequestDraft): void {
  const scan = draft.scan;
  switch (key) {
    case "model":
      draft.model = readModel(scan, key);
      return;
    case "input":
      draft.messages = readInput(draft, key);
      draft.framed = false;
      return;
    case "contract":
      readFields(scan, key, draft.fields);
      return;
    case "metadata":
      draft.metadata();
      return;
    case "":
      readOther(draft, { unbilled: unbilledKeys, extensions: allServerMembers });
      return;
    default:
      unreachable(key);
  }
}
