import { seal } from "../core/seal.ts";
import type { UsageSource } from "./usage.ts";

/** How an exchange ended; `lost`: the process died while it was open, and it is charged at its hold. */
export type Ending =
  | "completed"
  | "denied"
  | "downstream_reset"
  | "upstream_reset"
  | "upstream_error"
  | "timeout"
  | "cut_by_policy"
  | "internal"
  | "lost";

/** Why a later target answered than the first of the plan. */
export type FallbackReason = "provider" | "throttle" | "timeout" | "policy" | "quality" | "budget";

/** What became of an answer's checks; `modified` and `blocked`: it was changed, or kept back, for what it holds. */
export type ValidationResult = "passed" | "modified" | "blocked" | "failed" | "skipped";

/** Tokens of one attempt as the record writes them; absent = unknown. */
export interface RecordedUsage {
  readonly input_tokens?: number | undefined;
  readonly output_tokens?: number | undefined;
  readonly cached_input_tokens?: number | undefined;
  readonly cache_write_tokens?: number | undefined;
  readonly cache_write_1h_tokens?: number | undefined;
  readonly reasoning_tokens?: number | undefined;
  readonly audio_input_tokens?: number | undefined;
  readonly audio_output_tokens?: number | undefined;
  readonly image_input_tokens?: number | undefined;
  readonly image_output_tokens?: number | undefined;
  readonly service_tier?: string | undefined;
}

/** One upstream try. */
export interface RecordedAttempt {
  /** `backend/model`. */
  readonly target: string;
  /** The provider's own id of the call, to find it on the bill. */
  readonly request_id?: string | undefined;
  readonly status?: number | undefined;
  /** Envoy's response flags, e.g. `UF,URX`. */
  readonly flags?: string | undefined;
  /** The failure class; absent for an attempt that succeeded. */
  readonly class?: string | undefined;
  /** Why no answer came, in Envoy's words, e.g. `TLS_error:…:CERTIFICATE_VERIFY_FAILED`. */
  readonly reason?: string | undefined;
  /** The rules its answer failed, e.g. `complete,jsonSchema`. */
  readonly failed_rules?: string | undefined;
  readonly ms?: number | undefined;
  readonly usage?: RecordedUsage | undefined;
  /** Integer nano-USD in decimal. */
  readonly cost_nano_usd?: string | undefined;
}

/** Milliseconds spent in each stage of one exchange, measured where they are spent; absent: the stage was not entered. */
export interface RecordedStages {
  readonly identify?: number | undefined;
  readonly retrieve?: number | undefined;
  readonly guard?: number | undefined;
  readonly assemble?: number | undefined;
  readonly route?: number | undefined;
  readonly count?: number | undefined;
  readonly reserve?: number | undefined;
  readonly forward?: number | undefined;
  readonly validate?: number | undefined;
  readonly fallback?: number | undefined;
  readonly respond?: number | undefined;
}

/** What one account was charged. */
export interface RecordedCharge {
  readonly name: string;
  readonly key: string;
  readonly window: string;
  /** In the account's unit, decimal. */
  readonly charged: string;
}

/**
 * The immutable line about one exchange (schema/usage.v1.json). The first thirteen keys are always there, null = unknown; of the others,
 * absent = unknown. Never a prompt, an answer or a credential. Own contract fields stand beside these: see {@link serialise}.
 */
export interface UsageRecord {
  readonly trace_id: string | null;
  readonly tenant_id: string | null;
  readonly workflow: string | null;
  /** Provider type of the target that answered, or would have. */
  readonly model_provider: string | null;
  /** `backend/model` of that target. */
  readonly model_route: string | null;
  readonly prompt_version: string | null;
  /** The total, cached included, for every provider. */
  readonly input_tokens: number | null;
  readonly output_tokens: number | null;
  readonly retrieval_latency_ms: number | null;
  readonly inference_latency_ms: number | null;
  readonly fallback_used: boolean | null;
  readonly validation_result: ValidationResult | null;
  /** Exact to the nano-dollar below a million dollars ({@link usdOf}); `cost_nano_usd` is always exact. */
  readonly estimated_cost_usd: number | null;

  /** UUIDv7; makes sinks idempotent. */
  readonly exchange_id: string;
  /** When the exchange was opened, ISO 8601 in UTC with milliseconds. */
  readonly time: string;
  readonly ending: Ending;

  /** From the credential. */
  readonly user_id?: string | undefined;
  /** The user that the client named under a credential without one: a label, not an identity. */
  readonly client_user?: string | undefined;
  readonly team?: string | undefined;
  readonly app?: string | undefined;
  readonly key_name?: string | undefined;
  readonly sensitivity?: string | undefined;
  readonly latency_class?: string | undefined;
  readonly budget_class?: string | undefined;
  readonly retrieval_required?: boolean | undefined;

  readonly dialect?: string | undefined;
  readonly operation?: string | undefined;
  readonly requested_model?: string | undefined;
  readonly response_model?: string | undefined;
  readonly client_request_id?: string | undefined;

  readonly cached_input_tokens?: number | undefined;
  readonly cache_write_tokens?: number | undefined;
  readonly cache_write_1h_tokens?: number | undefined;
  readonly reasoning_tokens?: number | undefined;
  readonly audio_input_tokens?: number | undefined;
  readonly audio_output_tokens?: number | undefined;
  readonly image_input_tokens?: number | undefined;
  readonly image_output_tokens?: number | undefined;
  readonly service_tier?: string | undefined;
  readonly usage_source?: UsageSource | undefined;
  readonly counted_input_tokens?: number | undefined;

  /** Integer nano-USD in decimal: all attempts together. */
  readonly cost_nano_usd?: string | undefined;
  /** By how much the cost may differ from the bill at most. */
  readonly cost_max_nano_usd?: string | undefined;
  readonly price_version?: string | undefined;
  readonly held_nano_usd?: string | undefined;

  readonly status?: number | undefined;
  readonly finish_reason?: string | undefined;
  readonly error_code?: string | undefined;
  readonly fallback_reason?: FallbackReason | undefined;
  /** The budget that had no room for what was asked, and whose ladder led to what was answered. */
  readonly degraded_by?: string | undefined;
  readonly attempts?: readonly RecordedAttempt[] | undefined;
  /** The rules that gave the validation result, e.g. `complete,jsonSchema`. */
  readonly validation_rules?: string | undefined;

  readonly ttft_ms?: number | undefined;
  readonly tpot_ms?: number | undefined;
  readonly stage_ms?: RecordedStages | undefined;
  readonly stream?: boolean | undefined;
  readonly bytes_in?: number | undefined;
  readonly bytes_out?: number | undefined;
  readonly cache?: string | undefined;
  readonly accounts?: readonly RecordedCharge[] | undefined;
  readonly config_version?: string | undefined;
}

/** The record as its one line of JSON, sealed with a checksum, without the line's end. `ownFields` become keys beside the record's own, whose names they must not take. */
export function serialise(record: UsageRecord, ownFields?: ReadonlyMap<string, string>): string {
  const line = JSON.stringify(record);
  if (ownFields === undefined || ownFields.size === 0) return seal(line);
  let text = line.slice(0, -1);
  for (const [name, value] of ownFields) text += `,${JSON.stringify(name)}:${JSON.stringify(value)}`;
  return seal(`${text}}`);
}

/** Nano-dollars as a number of dollars. The division is correctly rounded, so below a million dollars it prints every digit. */
export function usdOf(nanoUsd: bigint): number {
  return Number(nanoUsd) / 1e9;
}
