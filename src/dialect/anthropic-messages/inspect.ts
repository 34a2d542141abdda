import { unreachable } from "../../core/errors.ts";
import { JsonScan } from "../../core/json-scan.ts";
import { KeySet } from "../../core/key-set.ts";
import type { Operation, RequestFacts } from "../dialect.ts";
import { objectOf } from "../json-view.ts";
import { invalid, readCount, readFlag, readModel } from "../read-field.ts";
import { type MarkedObject, readMembers } from "../read-members.ts";
import { readOther } from "../read-other.ts";
import { RequestDraft } from "../request-draft.ts";
import { readFields } from "../request-fields.ts";
import { readResponseFormat } from "../response-format.ts";
import { readContent, readMessages, readTools } from "./prompt.ts";

const requestKeys = new KeySet([
  "model",
  "messages",
  "system",
  "max_tokens",
  "stream",
  "tools",
  "output_config",
  "contract",
  "metadata",
]);
type RequestKey = (typeof requestKeys.names)[number];

const unbilledKeys: ReadonlySet<string> = new Set([
  "stop_sequences",
  "tool_choice",
  "thinking",
  "service_tier",
  "inference_geo",
  "cache_control",
  "context_management",
  "anthropic_version",
  "anthropic_beta",
]);

/** Where a Messages request can be changed. */
export type MessagesMarks = MarkedObject<RequestKey>;

/** Reads what decides about a Messages request (reference/providers.md §1.6) in one pass over its bytes. */
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
    case "contract":
    case "metadata":
      readFields(scan, key, draft.fields);
      return;
    case "":
      readOther(draft, unbilledKeys);
      return;
    default:
      unreachable(key);
  }
}
