import { unreachable } from "../../core/errors.ts";
import { JsonScan } from "../../core/json-scan.ts";
import { KeySet } from "../../core/key-set.ts";
import type { Operation, RequestFacts } from "../dialect.ts";
import { objectOf } from "../json-view.ts";
import { invalid, readCount } from "../read-field.ts";
import { type MarkedObject, readMembers } from "../read-members.ts";
import { readOther } from "../read-other.ts";
import { RequestDraft } from "../request-draft.ts";
import { readFields } from "../request-fields.ts";
import { readResponseFormat } from "../response-format.ts";
import { uncountable } from "../uncountable.ts";
import { readContent, readMessages, readTools } from "./prompt.ts";

const requestKeys = new KeySet([
  "messages",
  "system",
  "inferenceConfig",
  "toolConfig",
  "additionalModelRequestFields",
  "promptVariables",
  "outputConfig",
  "contract",
  "metadata",
  "requestMetadata",
]);
type RequestKey = (typeof requestKeys.names)[number];
const inferenceKeys = new KeySet(["maxTokens"]);
type InferenceMarks = MarkedObject<(typeof inferenceKeys.names)[number]>;

/** What model families call their own output cap: beside `inferenceConfig` it would be a second one. */
const nativeCapKeys = new KeySet([
  "max_tokens",
  "max_tokens_to_sample",
  "max_completion_tokens",
  "max_gen_len",
  "maxTokens",
  "maxTokenCount",
  "max_new_tokens",
  "inferenceConfig",
  "textGenerationConfig",
]);

const unbilledKeys: ReadonlySet<string> = new Set([
  "guardrailConfig",
  "serviceTier",
  "performanceConfig",
  "additionalModelResponseFieldPaths",
]);

/** Where a Converse request can be changed. */
export interface ConverseMarks {
  readonly request: MarkedObject<RequestKey>;
  /** Undefined when `inferenceConfig` is null or not there. */
  readonly inference: InferenceMarks | undefined;
}

/** Reads what decides about a Converse request (reference/providers.md §1.8) in one pass over its bytes; the model is in the path. */
export function inspectConverse(body: Buffer, operation: Operation): RequestFacts {
  if (operation.model?.includes(":prompt/") === true) throw uncountable("modelId");
  const scan = new JsonScan(body);
  const draft = new RequestDraft(scan);
  let inference: InferenceMarks | undefined;
  const request = readMembers(scan, requestKeys, "the body", (key) => {
    if (key === "inferenceConfig") inference = readInference(draft);
    else readMember(key, draft);
  });
  scan.finish();
  if (request.members.messages === undefined) throw invalid("messages", "is missing");
  draft.wantsUsage = true;
  return draft.facts(operation, { request, inference } satisfies ConverseMarks);
}

function readMember(key: Exclude<RequestKey, "inferenceConfig"> | "", draft: RequestDraft): void {
  const scan = draft.scan;
  switch (key) {
    case "messages":
      readMessages(draft);
      return;
    case "system":
      readContent(draft, "system");
      return;
    case "toolConfig":
      readTools(draft);
      return;
    case "additionalModelRequestFields":
      readNativeFields(draft);
      return;
    case "promptVariables":
      throw uncountable(key);
    case "outputConfig":
      readResponseFormat(draft, ({ textFormat }) => objectOf(textFormat)?.type);
      return;
    case "contract":
    case "metadata":
    case "requestMetadata":
      readFields(scan, key, draft.fields);
      return;
    case "":
      readOther(draft, unbilledKeys);
      return;
    default:
      unreachable(key);
  }
}

function readInference(draft: RequestDraft): InferenceMarks | undefined {
  const scan = draft.scan;
  if (scan.kind() === "null") {
    scan.skip();
    return undefined;
  }
  return readMembers(scan, inferenceKeys, "inferenceConfig", (key) => {
    if (key === "maxTokens")
      draft.capOutput(readCount(scan, "inferenceConfig.maxTokens", 1, Number.MAX_SAFE_INTEGER));
    else scan.skip();
  });
}

function readNativeFields(draft: RequestDraft): void {
  const scan = draft.scan;
  if (scan.kind() !== "object") {
    scan.skip();
    return;
  }
  scan.enter();
  for (let key = scan.nextKey(nativeCapKeys); key !== undefined; key = scan.nextKey(nativeCapKeys)) {
    if (key === "inferenceConfig" || key === "textGenerationConfig") readNativeFields(draft);
    else if (key !== "")
      throw invalid(`additionalModelRequestFields.${key}`, "must be given as inferenceConfig.maxTokens");
    else scan.skip();
  }
}
