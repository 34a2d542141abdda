import { unreachable } from "../../core/errors.ts";
import { JsonScan } from "../../core/json-scan.ts";
import { KeySet } from "../../core/key-set.ts";
import type { Operation, RequestFacts } from "../dialect.ts";
import { readRange } from "../read-field.ts";
import { type MarkedObject, readMembers } from "../read-members.ts";
import { type OtherMembers, readOther } from "../read-other.ts";
import { refusedMembers } from "../refused-members.ts";
import { RequestDraft } from "../request-draft.ts";
import { readFields } from "../request-fields.ts";

const requestKeys = new KeySet(["inputText", "inputImage", "contract", "metadata"]);
type RequestKey = (typeof requestKeys.names)[number];

/**
 * Titan takes one text and one image, both in the request; other media and places in S3 are of Bedrock's other embedders. Members by
 * https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-titan-embed-text.html and model-parameters-titan-embed-mm.html, 2026-12-01.
 */
const others: OtherMembers = {
  unbilled: new Set(["embeddingTypes", "embeddingConfig"]),
  documented: new Set(["dimensions", "normalize"]),
  refused: refusedMembers({
    stored: [
      "inputVideo",
      "inputAudio",
      "inputDocument",
      "mediaSource",
      "s3Location",
      "singleEmbeddingParams",
    ],
  }),
};

/** Where a request for Titan's embeddings can be changed. */
export type TitanMarks = MarkedObject<RequestKey>;

/** Reads what decides about a request for embeddings of one text; the model is in the path. */
export function inspectTitan(body: Buffer, operation: Operation): RequestFacts {
  const scan = new JsonScan(body);
  const draft = new RequestDraft(scan);
  const marks: TitanMarks = readMembers(scan, requestKeys, "the body", (key) => readMember(key, draft));
  scan.finish();
  draft.messages = 1;
  draft.outputCap = 0;
  draft.framed = false;
  return draft.facts(operation, marks);
}

function readMember(key: RequestKey | "", draft: RequestDraft): void {
  const { scan, text } = draft;
  switch (key) {
    case "inputText":
      text.value(scan);
      return;
    case "inputImage":
      draft.addImage(readRange(scan));
      return;
    case "contract":
    case "metadata":
      readFields(scan, key, draft.fields);
      return;
    case "":
      readOther(draft, others);
      return;
    default:
      unreachable(key);
  }
}
