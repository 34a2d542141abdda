import { unreachable } from "../../core/errors.ts";
import { JsonScan } from "../../core/json-scan.ts";
import { KeySet } from "../../core/key-set.ts";
import type { Operation, RequestFacts } from "../dialect.ts";
import { enterArray, enterObject, invalid, readModel, readRange, readText } from "../read-field.ts";
import { type MarkedObject, readMembers } from "../read-members.ts";
import { type OtherMembers, readOther } from "../read-other.ts";
import { refusedMembers } from "../refused-members.ts";
import { RequestDraft } from "../request-draft.ts";
import { readFields } from "../request-fields.ts";
import { checkType, type TypeTable } from "../type-table.ts";

const requestKeys = new KeySet([
  "model",
  "texts",
  "inputs",
  "images",
  "embedding_types",
  "contract",
  "metadata",
]);
type RequestKey = (typeof requestKeys.names)[number];

/** By https://docs.cohere.com/reference/embed and https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-embed-v4.html, 2026-12-01. */
const others: OtherMembers = {
  unbilled: new Set(["input_type", "truncate"]),
  documented: new Set(["max_tokens", "output_dimension", "priority"]),
  refused: refusedMembers({ stored: ["dataset_id", "file_id", "file_ids", "documents"] }),
};
/** Parts of an input; EmbedContent of cohere-ai/cohere-typescript, 2026-12-01, and Bedrock's page of Embed v4. */
const partTypes: TypeTable = {
  counted: new Set(["text", "image_url"]),
  stored: new Set(["document", "s3", "video_url", "audio_url"]),
};
/** More kinds of numbers than there are. */
const typesMax = 16;

/** Where a request for Cohere's embeddings can be changed. */
export interface CohereEmbedMarks extends MarkedObject<RequestKey> {
  /** The kinds of numbers that the client asks for. Undefined if it names none. */
  readonly types: readonly string[] | undefined;
}

/** Reads what decides about a request for embeddings, Cohere's own (https://docs.cohere.com/reference/embed) or Bedrock's, whose model is in the path. */
export function inspectCohereEmbed(body: Buffer, operation: Operation): RequestFacts {
  const scan = new JsonScan(body);
  const draft = new RequestDraft(scan);
  let types: readonly string[] | undefined;
  const request = readMembers(scan, requestKeys, "the body", (key) => {
    if (key === "embedding_types") types = readTypes(scan, key);
    else readMember(key, draft, operation);
  });
  scan.finish();
  draft.outputCap = 0;
  draft.framed = false;
  return draft.facts(operation, { ...request, types } satisfies CohereEmbedMarks);
}

function readMember(
  key: Exclude<RequestKey, "embedding_types"> | "",
  draft: RequestDraft,
  operation: Operation,
): void {
  const { scan } = draft;
  switch (key) {
    case "model":
      if (operation.model !== undefined) throw invalid(key, "is in the path");
      draft.model = readModel(scan, key);
      return;
    case "texts":
      readItems(draft, key, () => draft.text.value(scan));
      return;
    case "images":
      readItems(draft, key, () => draft.addImage(readRange(scan)));
      return;
    case "inputs":
      readItems(draft, key, () => readMixed(draft));
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

/** Each item gets a separate vector. */
function readItems(draft: RequestDraft, param: string, read: () => void): void {
  if (!enterArray(draft.scan, param)) return;
  while (draft.scan.nextItem()) {
    draft.messages += 1;
    read();
  }
}

const inputKeys = new KeySet(["content"]);
const partKeys = new KeySet(["type", "image_url"]);
const imageKeys = new KeySet(["url"]);

/** An input of words and pictures. */
function readMixed(draft: RequestDraft): void {
  const { scan, text } = draft;
  if (!enterObject(scan, "inputs[]")) return;
  for (let key = scan.nextKey(inputKeys); key !== undefined; key = scan.nextKey(inputKeys)) {
    if (key === "" || scan.kind() !== "array") {
      text.value(scan);
      continue;
    }
    scan.enter();
    while (scan.nextItem()) readPart(draft);
  }
}

function readPart(draft: RequestDraft): void {
  const { scan, text } = draft;
  if (scan.kind() !== "object") {
    text.value(scan);
    return;
  }
  let type: string | undefined;
  scan.enter();
  for (let key = scan.nextKey(partKeys); key !== undefined; key = scan.nextKey(partKeys)) {
    if (key === "type") type = readText(scan, "inputs[].content[].type");
    else if (key === "image_url") readImage(draft);
    else text.value(scan);
  }
  checkType(partTypes, type, "inputs[].content[]");
}

/** By its URL, which Cohere has in an object and Bedrock alone. */
function readImage(draft: RequestDraft): void {
  const { scan } = draft;
  if (scan.kind() !== "object") {
    draft.addImage(readRange(scan));
    return;
  }
  scan.enter();
  for (let key = scan.nextKey(imageKeys); key !== undefined; key = scan.nextKey(imageKeys)) {
    if (key === "url") draft.addImage(readRange(scan));
    else scan.skip();
  }
}

function readTypes(scan: JsonScan, param: string): readonly string[] | undefined {
  if (!enterArray(scan, param)) return undefined;
  const types: string[] = [];
  while (scan.nextItem()) {
    const type = readText(scan, `${param}[]`);
    if (types.length === typesMax) throw invalid(param, `has more than ${typesMax} kinds`);
    if (type !== undefined) types.push(type);
  }
  return types;
}
