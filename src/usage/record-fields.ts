import {
  always,
  amount,
  count,
  flag,
  httpStatus,
  identifier,
  integerText,
  known,
  listOf,
  nanoUsd,
  nullable,
  objectOf,
  oneOf,
  text,
  time,
  uuid,
} from "./field-type.ts";
import { usageSources } from "./usage.ts";

/** The ways in which an exchange ends. `lost`: the process died while it was open, and it is charged at its hold. */
export const endings = [
  "completed",
  "denied",
  "downstream_reset",
  "upstream_reset",
  "upstream_error",
  "timeout",
  "cut_by_policy",
  "internal",
  "lost",
] as const;

/** Token classes beside the two totals, and the tier that prices them. */
export const tokenClassTable = {
  cached_input_tokens: known(count, "Part of input_tokens."),
  cache_write_tokens: known(count, "Written for 5 minutes; part of input_tokens."),
  cache_write_1h_tokens: known(count, "Written for an hour; part of input_tokens."),
  reasoning_tokens: known(count, "Part of output_tokens."),
  audio_input_tokens: known(count, "Part of input_tokens."),
  audio_output_tokens: known(count, "Part of output_tokens."),
  image_input_tokens: known(count, "Part of input_tokens."),
  image_output_tokens: known(count, "Part of output_tokens."),
  web_searches: known(count, "Made by the provider, and billed by the search."),
  service_tier: known(text, "As the response names it; it decides the price."),
};

/** Usage of one upstream attempt. */
export const attemptUsageTable = {
  input_tokens: known(count, "The total, cached input and cache writes included."),
  output_tokens: known(count, "The total, reasoning included."),
  ...tokenClassTable,
};

/** One upstream try. */
export const attemptTable = {
  target: always(text, "backend/model"),
  request_id: known(identifier, "The provider's own id of the call, to find it on the bill."),
  status: known(count, "Upstream HTTP status."),
  flags: known(text, "Envoy's response flags, with commas between them."),
  class: known(text, "Failure class; absent for an attempt that succeeded."),
  reason: known(
    text,
    "Why no answer came, in Envoy's words where it has some: a name without an address, a connection refused or reset, a certificate that is not trusted.",
  ),
  failed_rules: known(
    text,
    "The rules of the model's validate that its answer failed, with commas between them.",
  ),
  ms: known(amount, "From its start to its end."),
  usage: known(objectOf(attemptUsageTable), "Tokens, as the provider or we counted them."),
  cost_nano_usd: known(nanoUsd, "What it cost."),
};

/** Milliseconds by stage. No two overlap. */
export const stageTable = {
  identify: known(amount, "Authentication."),
  retrieve: known(amount, "Retrieval."),
  guard: known(amount, "Filtering."),
  assemble: known(amount, "Prompt assembly."),
  route: known(amount, "Reading the request and choosing targets."),
  count: known(amount, "Counting tokens."),
  reserve: known(amount, "Waiting for the ledger."),
  forward: known(amount, "Model invocation, by the target that answered."),
  validate: known(amount, "Validation of the answer."),
  fallback: known(amount, "Model invocation, by the targets that failed before it."),
  respond: known(amount, "Response formatting."),
};

/** The charge to one account. */
export const chargeTable = {
  name: always(text, "The limit's or budget's name."),
  key: always(text, "The values it is kept by, e.g. tenant_id=acme."),
  window: always(text, "Its window."),
  charged: always(integerText, "In the account's unit."),
};

/**
 * The usage record: every field's name, type and description, in the order they are written. TypeScript's types, schema/usage.v1.json,
 * docs/usage-record.md, Parquet columns, report columns and erasures derive from it; `npm run build:docs` writes the two files.
 */
export const recordTable = {
  trace_id: always(
    nullable(identifier),
    "The contract's, else traceparent's, else the client's x-request-id.",
    { isPersonal: true },
  ),
  tenant_id: always(nullable(text), "From the credential."),
  workflow: always(
    nullable(text),
    "From the contract, as are sensitivity, latency_class, budget_class and retrieval_required.",
  ),
  model_provider: always(nullable(text), "Provider type of the target that answered, or would have."),
  model_route: always(nullable(text), "backend/model of that target."),
  prompt_version: always(nullable(text), "Null: this version has no prompt templates."),
  input_tokens: always(
    nullable(count),
    "The total, cached input and cache writes included, for every provider.",
  ),
  output_tokens: always(nullable(count), "The total, reasoning included."),
  retrieval_latency_ms: always(nullable(amount), "Null: this version does no retrieval of its own."),
  inference_latency_ms: always(
    nullable(amount),
    "The time of all attempts together: stage_ms.forward and stage_ms.fallback.",
  ),
  fallback_used: always(nullable(flag), "Another target or model answered than the first choice."),
  validation_result: always(
    nullable(oneOf(["passed", "modified", "blocked", "failed", "skipped"])),
    "The result of the answer's checks. Skipped: there was nothing to check. Null: no check was configured, or no answer came.",
  ),
  estimated_cost_usd: always(nullable(amount), "Dollars; cost_nano_usd is the same, exact at any size."),
  exchange_id: always(uuid, "UUIDv7; a record delivered twice has the same id, so sinks can drop doubles."),
  time: always(time, "When the exchange was opened, UTC with milliseconds."),
  ending: always(
    oneOf(endings),
    "lost: the gateway died while the exchange was open; it is charged at its hold.",
  ),

  user_id: known(text, "From the credential.", { isPersonal: true }),
  client_user: known(
    text,
    "The user that the client named under a credential without one: a label, not an identity.",
    { isPersonal: true },
  ),
  team: known(text, "From the credential."),
  app: known(text, "From the credential."),
  key_name: known(text, "The credential's name.", { isPersonal: true }),
  sensitivity: known(text, "Contract field."),
  latency_class: known(text, "Contract field."),
  budget_class: known(text, "Contract field."),
  retrieval_required: known(flag, "Contract field."),

  dialect: known(text, "Wire format the client spoke."),
  operation: known(text, "The operation of that format, e.g. chat."),
  requested_model: known(text, "As the client named it."),
  response_model: known(text, "As the provider named it."),
  client_request_id: known(identifier, "The client's x-request-id.", { isPersonal: true }),

  ...tokenClassTable,
  usage_source: known(
    oneOf(usageSources),
    "provider: the provider said so; counted: we counted; estimated: the hold; partial: the provider's was incomplete, the rest was counted.",
  ),
  counted_input_tokens: known(count, "Input tokens as counted before the call."),

  cost_nano_usd: known(nanoUsd, "Integer nano-dollars, all attempts together."),
  cost_max_nano_usd: known(nanoUsd, "The most by which the cost may differ from the bill."),
  price_version: known(text, "File, entry and date of the price."),
  held_nano_usd: known(nanoUsd, "The amount held before the call."),

  status: known(httpStatus, "Downstream HTTP status."),
  finish_reason: known(
    text,
    "Why the answer ended: stop, length, tool_calls, content_filter or error, whatever the provider calls it.",
  ),
  provider_finish_reason: known(text, "The provider's own word for it, where it is another."),
  lost_output: known(
    text,
    "Kinds of output that the client's format has no place for, so that they were left out, with commas between them: images, audio, video, citations, code, server_tools, log_probabilities.",
  ),
  error_code: known(text, "One of the closed table of errors (core/errors.ts)."),
  route: known(text, "The rule of `routes` that matched, by its name or place. Absent if none did."),
  bounds: known(text, "The entries of `bounds` that matched, with commas between them."),
  fallback_reason: known(
    oneOf(["provider", "throttle", "timeout", "policy", "quality", "budget"]),
    "Why the first choice did not answer.",
  ),
  degraded_by: known(
    text,
    "The budget that had no room for the request as asked, so that another model answered, or a shorter answer came.",
  ),
  attempts: known(listOf(attemptTable), "One entry for each upstream try."),
  validation_rules: known(text, "The rules that gave validation_result, with commas between them."),

  ttft_ms: known(amount, "Time to first token."),
  tpot_ms: known(amount, "Time per output token after the first."),
  stage_ms: known(
    objectOf(stageTable),
    "Milliseconds by stage; no two overlap. Absent: the stage was not entered.",
  ),
  stream: known(flag, "The answer was streamed."),
  bytes_in: known(count, "Bytes of the request's body."),
  bytes_out: known(count, "Bytes of the answer's body as the client got it."),
  answer_unread: known(
    flag,
    "True: the answer was too large to be read. Its usage was read from its last 64 KiB (usage_source: provider), or it is charged at its hold (estimated).",
  ),
  cache: known(text, "Reserved."),
  accounts: known(listOf(chargeTable), "The charge to each limit and budget."),
  config_version: known(text, "First 12 hex digits of the config's SHA-256."),
};

/** The name of one field of the record. */
export type RecordField = keyof typeof recordTable;

/** Every name the record uses itself: own contract fields must have others. */
export const recordFields: readonly RecordField[] = Object.keys(recordTable) as RecordField[];
