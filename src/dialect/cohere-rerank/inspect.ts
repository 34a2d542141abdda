import { unreachable } from "../../core/errors.ts";
import { JsonScan } from "../../core/json-scan.ts";
import { KeySet } from "../../core/key-set.ts";
import type { Operation, RequestFacts } from "../dialect.ts";
import { enterArray, invalid, readModel } from "../read-field.ts";
import { type MarkedObject, readMembers } from "../read-members.ts";
import { type OtherMembers, readOther } from "../read-other.ts";
import { refusedMembers } from "../refused-members.ts";
import { RequestDraft } from "../request-draft.ts";
import { readFields } from "../request-fields.ts";

const requestKeys = new KeySet(["model", "query", "documents", "contract", "metadata"]);
type RequestKey = (typeof requestKeys.names)[number];

/** Where a request to rerank can be changed. */
export type RerankMarks = MarkedObject<RequestKey>;

/** Reads what decides about a request to rerank: query and documents are its input. */
export function inspectRerank(body: Buffer, operation: Operation): RequestFacts {
  const scan = new JsonScan(body);
  const draft = new RequestDraft(scan);
  const marks: RerankMarks = readMembers(scan, requestKeys, "the body", (key) => readMember(key, draft));
  scan.finish();
  draft.outputCap = 0;
  draft.framed = false;
  return draft.facts(operation, marks);
}

function readMember(key: RequestKey | "", draft: RequestDraft): void {
  const { scan, text } = draft;
  switch (key) {
    case "model":
      draft.model = readModel(scan, key);
      return;
    case "query":
      text.value(scan);
      return;
    case "documents":
      if (!enterArray(scan, key)) throw invalid(key, "must be an array");
      readDocuments(draft);
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

/** Documents that one search ranks (cohere.com/pricing); the rest of a request are further searches. */
const documentsPerSearch = 100;
/**
 * Bytes of a document that surely fit into one chunk. Cohere cuts documents into chunks of 510 tokens less the query's, which is cut at 256
 * (docs.cohere.com/docs/reranking-best-practices), each chunk counts as a document, and no token is shorter than a byte.
 */
const chunkBytes = 254;

function readDocuments(draft: RequestDraft): void {
  const { scan, text } = draft;
  let chunks = 0;
  while (scan.nextItem()) {
    draft.messages += 1;
    const start = scan.position();
    text.value(scan);
    chunks += Math.max(1, Math.ceil((scan.passed - start) / chunkBytes));
  }
  draft.calls = Math.max(1, Math.ceil(chunks / documentsPerSearch));
}

/**
 * A document is text or fields of text; what names stored ones instead is refused. Members of both versions, by
 * https://docs.cohere.com/reference/rerank and /v1/reference/rerank, 2026-12-01.
 */
const others: OtherMembers = {
  unbilled: new Set(["rank_fields"]),
  documented: new Set(["top_n", "return_documents", "max_chunks_per_doc", "max_tokens_per_doc", "priority"]),
  refused: refusedMembers({ hosted: ["connectors"], stored: ["dataset_id", "file_id", "file_ids"] }),
};
