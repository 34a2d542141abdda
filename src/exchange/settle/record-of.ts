import type { Account, Actual } from "../../ledger/ledger.ts";
import type {
  CompleteRecord,
  RecordedAttempt,
  RecordedCharge,
  RecordedStages,
  RecordedTokenClasses,
  RecordedUsage,
} from "../../usage/record.ts";
import { usdOf } from "../../usage/record.ts";
import type { Usage } from "../../usage/usage.ts";
import type { Answering, Exchange, Forwarded } from "../state/exchange.ts";
import { fallbackOf } from "../state/fallback.ts";
import type { Stages } from "../state/stages.ts";
import type { Charge, Total } from "./charge.ts";

/** Longest name of a client's or a provider's making in a record. */
const nameCharactersMax = 256;
/** Longest word of a provider's making in a record. */
const wordCharactersMax = 64;

/** The usage record of a closed exchange. Never a prompt, an answer or a credential. */
export function recordOf(
  exchange: Exchange,
  charges: readonly Charge[],
  total: Total,
  actuals: readonly Actual[],
): CompleteRecord {
  const { admitted, answer: given, answering, body, forwarded } = exchange;
  const contract = admitted?.contract;
  const seen = answering?.reader.seen;
  const stages = forwarded === undefined ? exchange.stages : wholeStages(forwarded);
  const answer = charges.find(({ attempt }) => attempt === forwarded?.answeredBy) ?? charges.at(-1);
  const checked = answer?.attempt.checked;
  const fallbackReason = forwarded === undefined ? undefined : fallbackOf(forwarded);
  const billed = answer?.source === undefined ? undefined : answer;
  return {
    trace_id: contract?.field("trace_id") ?? null,
    tenant_id: exchange.principal.tenantId,
    workflow: contract?.field("workflow") ?? null,
    model_provider: providerOf(exchange, answer),
    model_route: answer?.attempt.name ?? null,
    prompt_version: null,
    input_tokens: billed?.usage.inputTokens ?? null,
    output_tokens: billed?.usage.outputTokens ?? null,
    retrieval_latency_ms: null,
    inference_latency_ms: inferenceMs(stages),
    fallback_used: forwarded === undefined ? null : fallbackReason !== undefined,
    validation_result: checked?.result ?? null,
    estimated_cost_usd: usdOf(total.costNanoUsd),
    ...requestFields(exchange),
    response_model: seen?.model?.slice(0, nameCharactersMax),
    client_request_id: exchange.head.headers.get("x-request-id")?.slice(0, nameCharactersMax),
    ...tokenClasses(billed?.usage),
    usage_source: billed?.source,
    counted_input_tokens: answer?.attempt.target.inputTokens,
    cost_nano_usd: total.costNanoUsd.toString(),
    cost_max_nano_usd: total.costDifferenceMaxNanoUsd.toString(),
    price_version: billed?.priceVersion,
    held_nano_usd: forwarded?.plan.hold.costNanoUsd.toString(),
    status: given.status,
    finish_reason: seen?.finishReason?.slice(0, wordCharactersMax),
    provider_finish_reason: seen?.finishReasonRaw === seen?.finishReason ? undefined : seen?.finishReasonRaw,
    lost_output: seen === undefined || seen.lost.size === 0 ? undefined : [...seen.lost].join(","),
    error_code: exchange.errorCode,
    route: admitted?.rule?.name,
    bounds: admitted?.bounds.map(({ name }) => name).join(",") || undefined,
    fallback_reason: fallbackReason,
    degraded_by: forwarded?.degradedBy,
    attempts: charges.map(attemptOf),
    validation_rules: checked?.[checked.result].join(","),
    ttft_ms: elapsed(exchange.openedMs, answering?.firstContentMs),
    tpot_ms: answering === undefined ? undefined : timePerOutputToken(answering, billed?.usage.outputTokens),
    stage_ms: stagesOf(stages),
    stream: body.facts?.stream,
    bytes_in: body.length,
    bytes_out: given.bytes,
    answer_unread: seen?.unread === true ? true : undefined,
    cache: undefined,
    accounts: (forwarded?.claims ?? []).map(({ account }, index) => accountOf(account, actuals[index])),
    config_version: exchange.snapshot.version,
  };
}

type RequestField =
  | "exchange_id"
  | "time"
  | "ending"
  | "user_id"
  | "client_user"
  | "team"
  | "app"
  | "key_name"
  | "sensitivity"
  | "latency_class"
  | "budget_class"
  | "retrieval_required"
  | "dialect"
  | "operation"
  | "requested_model";

/** The fields that tell who asked, for what, and how it ended. */
function requestFields({
  admitted,
  body,
  dialect,
  ending,
  id,
  openedAtMs,
  operation,
  principal,
}: Exchange): Pick<CompleteRecord, RequestField> {
  const contract = admitted?.contract;
  return {
    exchange_id: id,
    time: new Date(openedAtMs).toISOString(),
    ending: ending ?? "internal",
    user_id: principal.userId,
    client_user: contract?.clientUser,
    team: principal.team,
    app: principal.app,
    key_name: principal.keyName,
    sensitivity: contract?.field("sensitivity"),
    latency_class: contract?.field("latency_class"),
    budget_class: contract?.field("budget_class"),
    retrieval_required: booleanOf(contract?.field("retrieval_required")),
    dialect: dialect.name,
    operation: operation.name,
    requested_model: body.facts?.model.slice(0, nameCharactersMax),
  };
}

function providerOf(exchange: Exchange, answer: Charge | undefined): string | null {
  const backend =
    answer === undefined ? undefined : exchange.snapshot.backends.get(answer.attempt.target.target.backend);
  return backend?.provider.type ?? null;
}

function attemptOf({ attempt, usage, source, costNanoUsd }: Charge): RecordedAttempt {
  const { outcome } = attempt;
  const flags = outcome.kind === "open" ? [] : outcome.flags;
  return {
    target: attempt.name,
    request_id: attempt.requestId,
    status: outcome.kind === "open" ? undefined : outcome.status,
    flags: flags.length === 0 ? undefined : flags.join(","),
    class: outcome.kind === "failed" ? outcome.class : undefined,
    reason: attempt.reason,
    failed_rules: attempt.checked?.result === "failed" ? attempt.checked.failed.join(",") : undefined,
    ms: elapsed(attempt.startedMs, attempt.endedMs),
    usage: source === undefined ? undefined : usageOf(usage),
    cost_nano_usd: costNanoUsd.toString(),
  };
}

function usageOf(usage: Usage): RecordedUsage {
  return { input_tokens: usage.inputTokens, output_tokens: usage.outputTokens, ...tokenClasses(usage) };
}

function tokenClasses(usage: Usage | undefined): RecordedTokenClasses {
  return {
    cached_input_tokens: usage?.cachedInputTokens,
    cache_write_tokens: usage?.cacheWriteTokens,
    cache_write_1h_tokens: usage?.cacheWrite1hTokens,
    reasoning_tokens: usage?.reasoningTokens,
    audio_input_tokens: usage?.audioInputTokens,
    audio_output_tokens: usage?.audioOutputTokens,
    image_input_tokens: usage?.imageInputTokens,
    image_output_tokens: usage?.imageOutputTokens,
    web_searches: usage?.searches,
    service_tier: usage?.serviceTier?.slice(0, wordCharactersMax),
  };
}

/** The time of all attempts together, without our own work. */
function inferenceMs({ forward, fallback }: Stages): number | null {
  return forward === undefined ? null : rounded(forward + (fallback ?? 0));
}

/** The stages with the two that attempts tell of; where an answer did not come to an end, the exchange's own counts. */
function wholeStages({ attempts, answeredBy, exchange }: Forwarded): Stages {
  const { services, stages } = exchange;
  const last = answeredBy ?? attempts.at(-1);
  if (last === undefined) return stages;
  const tookMs = (last.endedMs ?? services.clock.monotonicMs()) - last.startedMs;
  const failed = attempts.slice(0, attempts.indexOf(last));
  const failedMs = failed.reduce(
    (sum, one) => sum + (one.endedMs ?? one.startedMs) - one.startedMs - one.checkedMs,
    0,
  );
  return {
    ...stages,
    forward: stages.forward ?? Math.max(0, tookMs - last.checkedMs - (stages.respond ?? 0)),
    fallback: failed.length === 0 ? undefined : failedMs,
  };
}

function timePerOutputToken(answering: Answering, outputTokens: number | undefined): number | undefined {
  const { firstContentMs, forwarded, lastContentMs } = answering;
  if (firstContentMs === undefined || lastContentMs === undefined) return undefined;
  if (outputTokens === undefined || outputTokens < 2 || !forwarded.admitted.facts.stream) return undefined;
  return rounded((lastContentMs - firstContentMs) / (outputTokens - 1));
}

function stagesOf(stages: Stages): RecordedStages {
  return {
    identify: roundedIf(stages.identify),
    retrieve: roundedIf(stages.retrieve),
    guard: roundedIf(stages.guard),
    assemble: roundedIf(stages.assemble),
    route: roundedIf(stages.route),
    count: roundedIf(stages.count),
    reserve: roundedIf(stages.reserve),
    forward: roundedIf(stages.forward),
    validate: roundedIf(stages.validate),
    fallback: roundedIf(stages.fallback),
    respond: roundedIf(stages.respond),
  };
}

function accountOf(account: Account, actual: Actual | undefined): RecordedCharge {
  return {
    name: account.name,
    key: account.key,
    window: windowName(account),
    charged: (actual?.amount ?? 0n).toString(),
  };
}

/** The name of an account's window in a record. */
export function windowName({ window }: Account): string {
  switch (window.kind) {
    case "bucket":
    case "rolling":
      return `${window.lengthMs}ms`;
    case "calendar":
      return window.period;
    case "open":
      return "open";
  }
}

function booleanOf(value: string | undefined): boolean | undefined {
  return value === undefined ? undefined : value === "true";
}

function elapsed(fromMs: number, toMs: number | undefined): number | undefined {
  return toMs === undefined ? undefined : rounded(toMs - fromMs);
}

function roundedIf(ms: number | undefined): number | undefined {
  return ms === undefined ? undefined : rounded(ms);
}

function rounded(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}
