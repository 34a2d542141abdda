import { unreachable } from "../../core/errors.ts";
import { JsonScan } from "../../core/json-scan.ts";
import { KeySet } from "../../core/key-set.ts";
import type { Operation, RequestFacts } from "../dialect.ts";
import { objectOf } from "../json-view.ts";
import { readCount, readFlag, readModel } from "../read-field.ts";
import { type MarkedObject, readMembers } from "../read-members.ts";
import { type OtherMembers, readOther } from "../read-other.ts";
import { refusedMembers } from "../refused-members.ts";
import { RequestDraft } from "../request-draft.ts";
import { readFields } from "../request-fields.ts";
import { readResponseFormat } from "../response-format.ts";
import { allServerMembers } from "../server-members.ts";
import { readServiceTier } from "../service-tier.ts";
import { readToolChoice } from "../tool-choice.ts";
import { uncountable } from "../uncountable.ts";
import type { OwnTools } from "./own-tools.ts";
import { readInput } from "./prompt.ts";
import { readTools } from "./tools.ts";

const requestKeys = new KeySet([
  "model",
  "input",
  "instructions",
  "stream",
  "max_output_tokens",
  "tools",
  "tool_choice",
  "text",
  "background",
  "previous_response_id",
  "conversation",
  "prompt",
  "service_tier",
  "contract",
  "metadata",
]);
type RequestKey = (typeof requestKeys.names)[number];

const unbilledKeys: ReadonlySet<string> = new Set([
  "user",
  "safety_identifier",
  "prompt_cache_key",
  "prompt_cache_options",
  "prompt_cache_retention",
  "reasoning",
  "truncation",
  "include",
  "stream_options",
  "moderation",
]);

/**
 * Members that no provider gets: a compaction is a second answer (OpenAI's Responses reference, 2026-11-30), and the others are what servers
 * that serve Responses by way of chat take for caps and numbers of answers.
 */
const refused = refusedMembers({
  output: ["context_management", "compaction", "max_tokens", "max_completion_tokens", "n", "prediction"],
  hosted: ["web_search_options", "mcp_servers", "search_parameters"],
  stored: ["thread", "container", "file_ids", "vector_store_ids"],
});
const others: OtherMembers = { unbilled: unbilledKeys, refused, extensions: allServerMembers };

/** Where a Responses request can be changed, and its tools that other formats call differently. */
export interface ResponsesMarks extends MarkedObject<RequestKey> {
  readonly ownTools: OwnTools;
}

/**
 * Reads what decides about a Responses request (https://developers.openai.com/api/reference/resources/responses) in one pass over its bytes. Members that pull in content from elsewhere are refused. So is `background`, whose tokens would only show in an answer that does not come this way.
 */
export function inspectResponses(body: Buffer, operation: Operation): RequestFacts {
  const scan = new JsonScan(body);
  const draft = new RequestDraft(scan);
  let ownTools: OwnTools = new Map();
  const members = readMembers(scan, requestKeys, "the body", (key) => {
    if (key === "tools") ownTools = readTools(draft);
    else readMember(key, draft);
  });
  scan.finish();
  draft.wantsUsage = true;
  const marks: ResponsesMarks = { ...members, ownTools };
  return draft.facts(operation, marks);
}

function readMember(key: Exclude<RequestKey, "tools"> | "", draft: RequestDraft): void {
  const scan = draft.scan;
  switch (key) {
    case "model":
      draft.model = readModel(scan, key);
      return;
    case "stream":
      draft.stream = readFlag(scan, key) ?? false;
      return;
    case "max_output_tokens":
      draft.capOutput(readCount(scan, key, 1, Number.MAX_SAFE_INTEGER));
      return;
    case "input":
      readInput(draft);
      return;
    case "instructions":
      draft.text.value(scan);
      return;
    case "tool_choice":
      readToolChoice(draft);
      return;
    case "text":
      if (scan.kind() === "object") draft.formats = 1;
      readResponseFormat(draft, ({ format }) => objectOf(format)?.type);
      return;
    case "background":
      if (readFlag(scan, key) === true) throw uncountable(key);
      return;
    case "previous_response_id":
    case "conversation":
    case "prompt":
      if (scan.kind() !== "null") throw uncountable(key);
      scan.skip();
      return;
    case "service_tier":
      readServiceTier(draft, key);
      return;
    case "contract":
      readFields(scan, key, draft.fields);
      return;
    case "metadata":
      draft.metadata();
      return;
    case "":
      readOther(draft, others);
      return;
    default:
      unreachable(key);
  }
}
