import { unreachable } from "../../core/errors.ts";
import { JsonScan } from "../../core/json-scan.ts";
import { KeySet } from "../../core/key-set.ts";
import type { Operation, RequestFacts } from "../dialect.ts";
import { readStreamOptions, type StreamMarks } from "../openai-stream-options.ts";
import { invalid, readCount, readFlag, readModel } from "../read-field.ts";
import { readMembers } from "../read-members.ts";
import { type OtherMembers, readOther } from "../read-other.ts";
import { refusedMembers } from "../refused-members.ts";
import { RequestDraft } from "../request-draft.ts";
import { readFields } from "../request-fields.ts";
import { readResponseFormat } from "../response-format.ts";
import { allServerMembers } from "../server-members.ts";
import { readServiceTier } from "../service-tier.ts";
import { readToolChoice } from "../tool-choice.ts";
import { readMessages, readTools } from "./prompt.ts";

/** Most answers one request may ask for (OpenAI: 1 to 128). */
const choicesMax = 128;

const requestKeys = new KeySet([
  "model",
  "messages",
  "stream",
  "stream_options",
  "n",
  "max_tokens",
  "max_completion_tokens",
  "tools",
  "tool_choice",
  "functions",
  "response_format",
  "service_tier",
  "contract",
  "metadata",
]);

/** Members that are no part of the prompt, whatever they hold; text in any other member counts as input. */
const unbilledKeys: ReadonlySet<string> = new Set([
  "user",
  "safety_identifier",
  "prompt_cache_key",
  "prompt_cache_options",
  "prompt_cache_retention",
  "reasoning_effort",
  "verbosity",
  "modalities",
  "audio",
  "stop",
  "logit_bias",
  "function_call",
  "moderation",
]);

/**
 * Members that no provider gets. Web search: OpenAI, Perplexity, xAI, Groq and DashScope, in this order (each vendor's API reference, 2026-11-30).
 * A prediction's rejected tokens are billed as output, and no cap on output goes with one (OpenAI, "Predicted Outputs").
 */
const refused = refusedMembers({
  hosted: [
    "web_search_options",
    "search_mode",
    "search_parameters",
    "compound_custom",
    "enable_search",
    "mcp_servers",
  ],
  output: ["prediction"],
  stored: ["previous_response_id", "conversation", "file_ids", "container"],
});
const others: OtherMembers = { unbilled: unbilledKeys, refused, extensions: allServerMembers };

/** Reads what decides about a chat request (https://developers.openai.com/api/reference/resources/chat) in one pass over its bytes. */
export function inspectChat(body: Buffer, operation: Operation): RequestFacts {
  const scan = new JsonScan(body);
  const draft = new RequestDraft(scan);
  let streamOptions: StreamMarks["streamOptions"];
  const request = readMembers(scan, requestKeys, "the body", (key) => {
    if (key === "stream_options") streamOptions = readStreamOptions(draft);
    else readMember(key, draft);
  });
  scan.finish();
  if (request.members.messages === undefined) throw invalid("messages", "is missing");
  return draft.facts(operation, { request, streamOptions } satisfies StreamMarks);
}

function readMember(key: (typeof requestKeys.names)[number] | "", draft: RequestDraft): void {
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
    case "max_completion_tokens":
      draft.capOutput(readCount(scan, key, 1, Number.MAX_SAFE_INTEGER));
      return;
    case "messages":
      readMessages(draft);
      return;
    case "tools":
    case "functions":
      readTools(draft, key);
      return;
    case "tool_choice":
      readToolChoice(draft);
      return;
    case "response_format":
      if (scan.kind() === "object") draft.formats = 1;
      readResponseFormat(draft, ({ type }) => type);
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
    case "stream_options":
      scan.skip();
      return;
    case "":
      readOther(draft, others);
      return;
    default:
      unreachable(key);
      return;
  }
}
