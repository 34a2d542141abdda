import { seal } from "../core/seal.ts";
import type { CompleteRecordOf, RecordOf } from "./field-type.ts";
import type {
  attemptTable,
  attemptUsageTable,
  chargeTable,
  endings,
  recordTable,
  stageTable,
  tokenClassTable,
} from "./record-fields.ts";

/**
 * The immutable line about one exchange (schema/usage.v1.json). The first thirteen keys are always there, null = unknown; of the others,
 * absent = unknown. Never a prompt, an answer or a credential. Own contract fields stand beside these: see {@link serialise}.
 */
export type UsageRecord = RecordOf<typeof recordTable>;

/** A record with every field named: a field added to the table does not compile until it is filled. */
export type CompleteRecord = CompleteRecordOf<typeof recordTable>;

/** The way in which an exchange ended. */
export type Ending = (typeof endings)[number];

/** The reason why a later target answered than the first of the plan. */
export type FallbackReason = NonNullable<UsageRecord["fallback_reason"]>;

/** The result of an answer's checks. `modified` and `blocked`: it was changed or withheld for its content. */
export type ValidationResult = NonNullable<UsageRecord["validation_result"]>;

/** Tokens of one attempt. */
export type RecordedUsage = CompleteRecordOf<typeof attemptUsageTable>;

/** Token classes of an exchange or an attempt. */
export type RecordedTokenClasses = CompleteRecordOf<typeof tokenClassTable>;

/** One upstream try. */
export type RecordedAttempt = CompleteRecordOf<typeof attemptTable>;

/** Milliseconds spent in each stage of one exchange, measured where they are spent. Undefined if the stage was not entered. */
export type RecordedStages = CompleteRecordOf<typeof stageTable>;

/** The charge to one account. */
export type RecordedCharge = CompleteRecordOf<typeof chargeTable>;

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
