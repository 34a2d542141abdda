import type { z } from "zod";
import type { StoredRecord } from "../read.ts";

/** A receiver of usage records besides the log. It reads the log from a cursor of its own, never in a request's way. */
export interface Sink {
  /** Of letters, digits, `.`, `_` and `-`; names the cursor. */
  readonly name: string;
  /**
   * Resolves once the receiver has taken every record. Throws a GatewayError: `invalid_request` when the receiver will never take these
   * (they come again in smaller batches, until the one at fault is alone), anything else to be called again with the same records.
   */
  deliver(records: readonly StoredRecord[], signal: AbortSignal): Promise<void>;
}

/** One kind of entry in the config's `usage.sinks` list. */
export interface SinkKind {
  readonly type: string;
  /** The whole entry, `type` included. */
  readonly schema: z.ZodObject;
  /** `section`: as the schema has it, references to secrets resolved. */
  create(section: never): Sink;
}

/** Ties an entry's shape to the sink made of it. */
export function defineSink<Schema extends z.ZodObject>(kind: {
  readonly type: string;
  readonly schema: Schema;
  create(section: z.output<Schema>): Sink;
}): SinkKind {
  return kind;
}
