import type { StoredRecord } from "../read.ts";
import type { Tally } from "./tally.ts";

/** One attempt that its provider may have billed. */
export interface BilledCall {
  readonly exchangeId: string;
  /** The provider's id, where the record has it. */
  readonly requestId: string | undefined;
  /** As the provider named it in its answer, else as it was asked for. */
  readonly model: string;
  /** When the exchange was opened. */
  readonly atMs: number;
  readonly tally: Tally;
}

/** A record's attempts at these backends that have usage. */
export function billedCalls(record: StoredRecord, backends: ReadonlySet<string>): readonly BilledCall[] {
  const attempts: readonly StoredRecord[] = Array.isArray(record.attempts) ? record.attempts : [];
  return attempts.flatMap((attempt, at) => {
    const target = textOf(attempt.target);
    const slash = target.indexOf("/");
    const usage = attempt.usage;
    if (!backends.has(target.slice(0, slash)) || typeof usage !== "object" || usage === null) return [];
    const { input_tokens, output_tokens } = usage as StoredRecord;
    const answeredBy = at === attempts.length - 1 ? textOf(record.response_model) : "";
    return [
      {
        exchangeId: textOf(record.exchange_id),
        requestId: typeof attempt.request_id === "string" ? attempt.request_id : undefined,
        model: answeredBy === "" ? target.slice(slash + 1) : answeredBy,
        atMs: Date.parse(textOf(record.time)),
        tally: { calls: 1, inputTokens: countOf(input_tokens), outputTokens: countOf(output_tokens) },
      },
    ];
  });
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function countOf(value: unknown): number {
  return typeof value === "number" ? value : 0;
}
