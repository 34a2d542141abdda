import { unreachable } from "../../core/errors.ts";
import { JsonScan } from "../../core/json-scan.ts";
import { KeySet } from "../../core/key-set.ts";
import type { Operation, RequestFacts } from "../dialect.ts";
import { objectOf } from "../json-view.ts";
import { invalid, readCount, readFlag, readModel } from "../read-field.ts";
import { type MarkedObject, readMembers } from "../read-members.ts";
import { type OtherMembers, readOther } from "../read-other.ts";
import { type RefusedMembers, refusedMembers } from "../refused-members.ts";
import { RequestDraft } from "../request-draft.ts";
import { readFields } from "../request-fields.ts";
import { readResponseFormat } from "../response-format.ts";
import { allServerMembers } from "../server-members.ts";
import { readServiceTier } from "../service-tier.ts";
import { readContextEdits } from "./context-edits.ts";
import { readContent, readMessages, readTools } from "./prompt.ts";

const requestKeys = new KeySet([
  "model",
  "messages",
  "system",
  "max_tokens",
  "stream",
  "tools",
  "output_config",
  "service_tier",
  "context_management",
  "contract",
  "metadata",
]);
type RequestKey = (typeof requestKeys.names)[number];

const unbilledKeys: ReadonlySet<string> = new Set([
  "stop_sequences",
  "tool_choice",
  "thinking",
  "cache_control",
  "anthropic_version",
  "anthropic_beta",
]);

/**
 * Members that no provider gets (platform.claude.com/docs, 2026-11-30): fast mode costs a multiple (build-with-claude/fast-mode), inference in one
 * geography 1.1 times the price (build-with-claude/data-residency); `fallbacks` lets another model answer
 * (build-with-claude/refusals-and-fallback); a compaction is a second answer; threads and containers hold content.
 */
export const refusedOfMessages: RefusedMembers = refusedMembers(
  {
    premium: ["speed", "inference_geo"],
    model: ["fallbacks"],
    output: ["compaction", "n"],
    hosted: ["mcp_servers"],
    stored: ["container", "thread", "previous_message_id", "fallback_credit_token"],
  },
  { speed: ["standard"], inference_geo: ["global", "not_available"] },
);
const others: OtherMembers = {
  unbilled: unbilledKeys,
  refused: refusedOfMessages,
  extensions: allServerMembers,
};

/** Where a Messages request can be changed. */
export type MessagesMarks = MarkedObject<RequestKey>;

/** Reads what decides about a Messages request (https://platform.claude.com/docs/en/api/messages) in one pass over its bytes. */
export function inspectMessages(body: Buffer, operation: Operation): RequestFacts {
  const scan = new JsonScan(body);
  const draft = new RequestDraft(scan);
  const marks: MessagesMarks = readMembers(scan, requestKeys, "the body", (key) => readMember(key, draft));
  scan.finish();
  if (marks.members.messages === undefined) throw invalid("messages", "is missing");
  draft.wantsUsage = true;
  return draft.facts(operation, marks);
}

function readMember(key: RequestKey | "", draft: RequestDraft): void {
  const scan = draft.scan;
  switch (key) {
    case "model":
      draft.model = readModel(scan, key);
      return;
    case "stream":
      draft.stream = readFlag(scan, key) ?? false;
      return;
    case "max_tokens":
      // 0 is allowed: it warms the cache.
      draft.capOutput(readCount(scan, key, 0, Number.MAX_SAFE_INTEGER));
      return;
    case "messages":
      readMessages(draft);
      return;
    case "system":
      readContent(draft);
      return;
    case "tools":
      readTools(draft);
      return;
    case "output_config":
      readResponseFormat(draft, ({ format }) => objectOf(format)?.type);
      return;
    case "service_tier":
      readServiceTier(draft, key);
      return;
    case "context_management":
      readContextEdits(draft);
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
