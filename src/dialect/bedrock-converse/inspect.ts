import { unreachable } from "../../core/errors.ts";
import { JsonScan } from "../../core/json-scan.ts";
import { KeySet } from "../../core/key-set.ts";
import type { Operation, RequestFacts } from "../dialect.ts";
import { objectOf } from "../json-view.ts";
import { enterObject, invalid, readCount, readText } from "../read-field.ts";
import { type MarkedObject, readMembers } from "../read-members.ts";
import { readOther } from "../read-other.ts";
import { refusalOf, refusedMembers } from "../refused-members.ts";
import { RequestDraft } from "../request-draft.ts";
import { readFields } from "../request-fields.ts";
import { readResponseFormat } from "../response-format.ts";
import { readServiceTier } from "../service-tier.ts";
import { uncountable } from "../uncountable.ts";
import { readNativeFields } from "./native-fields.ts";
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
  "serviceTier",
  "performanceConfig",
]);
type RequestKey = (typeof requestKeys.names)[number];
const inferenceKeys = new KeySet(["maxTokens"]);
type InferenceMarks = MarkedObject<(typeof inferenceKeys.names)[number]>;

const unbilledKeys: ReadonlySet<string> = new Set(["additionalModelResponseFieldPaths"]);

/**
 * Members that the provider does not get: guardrails are billed by the text that they check, and latency-optimised inference is priced separately (aws.amazon.com/bedrock/pricing, 2026-11-30).
 */
const refused = refusedMembers({ hosted: ["guardrailConfig"], stored: ["prompt", "promptIdentifier"] });

/** Where a Converse request can be changed. */
export interface ConverseMarks {
  readonly request: MarkedObject<RequestKey>;
  /** Undefined when `inferenceConfig` is null or not there. */
  readonly inference: InferenceMarks | undefined;
}

/** Reads what decides about a Converse request (https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html) in one pass over its bytes; the model is in the path. */
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
    case "serviceTier":
      readTier(draft);
      return;
    case "performanceConfig":
      readPerformance(draft);
      return;
    case "":
      readOther(draft, { unbilled: unbilledKeys, refused });
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

const tierKeys = new KeySet(["type"]);

function readTier(draft: RequestDraft): void {
  const scan = draft.scan;
  if (!enterObject(scan, "serviceTier")) return;
  for (let key = scan.nextKey(tierKeys); key !== undefined; key = scan.nextKey(tierKeys)) {
    if (key === "type") readServiceTier(draft, "serviceTier.type");
    else scan.skip();
  }
}

const performanceKeys = new KeySet(["latency"]);

function readPerformance(draft: RequestDraft): void {
  const scan = draft.scan;
  if (!enterObject(scan, "performanceConfig")) return;
  for (let key = scan.nextKey(performanceKeys); key !== undefined; key = scan.nextKey(performanceKeys)) {
    const latency = key === "latency" ? readText(scan, "performanceConfig.latency") : undefined;
    if (key === "") scan.skip();
    else if (latency !== undefined && latency !== "standard")
      throw refusalOf({ cause: "premium" }, "performanceConfig.latency");
  }
}
