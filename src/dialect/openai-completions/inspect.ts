import { unreachable } from "../../core/errors.ts";
import { JsonScan } from "../../core/json-scan.ts";
import { KeySet } from "../../core/key-set.ts";
import type { Operation, RequestFacts } from "../dialect.ts";
import { readStreamOptions, type StreamMarks } from "../openai-stream-options.ts";
import { readCount, readFlag, readModel } from "../read-field.ts";
import { readInput } from "../read-input.ts";
import { readMembers } from "../read-members.ts";
import { type OtherMembers, readOther } from "../read-other.ts";
import { refusedMembers } from "../refused-members.ts";
import { RequestDraft } from "../request-draft.ts";
import { readFields } from "../request-fields.ts";
import { allServerMembers } from "../server-members.ts";
import { readServiceTier } from "../service-tier.ts";

/** Most answers one prompt may ask for, and be chosen from (OpenAI: `n` to 128, `best_of` to 20). */
const choicesMax = 128;

const requestKeys = new KeySet([
  "model",
  "prompt",
  "suffix",
  "stream",
  "stream_options",
  "n",
  "best_of",
  "max_tokens",
  "service_tier",
  "contract",
  "metadata",
]);
type RequestKey = (typeof requestKeys.names)[number];

const others: OtherMembers = {
  unbilled: new Set(["user", "stop", "logit_bias"]),
  refused: refusedMembers({
    output: ["max_completion_tokens", "prediction"],
    stored: ["messages", "previous_response_id"],
    hosted: ["web_search_options"],
  }),
  extensions: allServerMembers,
};

/** Reads what decides about a request for completions: every prompt gets `n` answers, chosen from `best_of`, and all are billed. */
export function inspectCompletions(body: Buffer, operation: Operation): RequestFacts {
  const scan = new JsonScan(body);
  const draft = new RequestDraft(scan);
  let streamOptions: StreamMarks["streamOptions"];
  let bestOf = 1;
  const request = readMembers(scan, requestKeys, "the body", (key) => {
    if (key === "stream_options") streamOptions = readStreamOptions(draft);
    else if (key === "best_of") bestOf = readCount(scan, key, 1, choicesMax) ?? 1;
    else readMember(key, draft);
  });
  scan.finish();
  draft.choices = Math.max(draft.choices, bestOf) * Math.max(1, draft.messages);
  return draft.facts(operation, { request, streamOptions } satisfies StreamMarks);
}

function readMember(key: Exclude<RequestKey, "stream_options" | "best_of"> | "", draft: RequestDraft): void {
  const scan = draft.scan;
  switch (key) {
    case "model":
      draft.model = readModel(scan, key);
      return;
    case "stream":
      draft.stream = readFlag(scan, key) ?? false;
      return;
    case "n":
      draft.choices = readCount(scan, key, 1, choicesMax) ?? 1;
      return;
    case "max_tokens":
      draft.capOutput(readCount(scan, key, 0, Number.MAX_SAFE_INTEGER));
      return;
    case "prompt":
      draft.messages = readInput(draft, key);
      draft.framed = false;
      return;
    case "service_tier":
      readServiceTier(draft, key);
      return;
    case "suffix":
      draft.text.value(scan);
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
