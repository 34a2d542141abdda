import type { z } from "zod";
import { type ErrorCode, GatewayError } from "../../core/errors.ts";
import type { Closable, KindContext } from "../../core/kind.ts";
import type { StoredRecord } from "../read.ts";

/** A receiver of usage records besides the log. It reads the log from a cursor of its own, never in a request's way. */
export interface Sink extends Closable {
  /** Of letters, digits, `.`, `_` and `-`; names the cursor. */
  readonly name: string;
  /**
   * Resolves once the receiver has taken every record. Throws a DeliveryError: `invalid_request` when the receiver will never take these
   * (they come again in smaller batches, until the one at fault is alone), anything else to be called again with the same records.
   */
  deliver(records: readonly StoredRecord[], signal: AbortSignal): Promise<void>;
}

/** Why records were not delivered. */
export class DeliveryError extends GatewayError {
  /** How long the receiver asks to be left alone; undefined if it does not say. */
  readonly askedWaitMs: number | undefined;

  constructor(
    code: ErrorCode,
    message: string,
    details: { readonly askedWaitMs?: number | undefined; readonly cause?: unknown } = {},
  ) {
    super(code, message, { cause: details.cause });
    this.askedWaitMs = details.askedWaitMs;
  }
}

/** One kind of entry in the config's `usage.sinks` list. */
export interface SinkKind {
  readonly type: string;
  /** The whole entry, `type` included. */
  readonly schema: z.ZodObject;
  /** `section`: as the schema has it, references to secrets resolved. */
  create(section: never, context: KindContext): Sink;
}

/** Ties an entry's shape to the sink made of it. */
export function defineSink<Schema extends z.ZodObject>(kind: {
  readonly type: string;
  readonly schema: Schema;
  create(section: z.output<Schema>, context: KindContext): Sink;
}): SinkKind {
  return kind;
}
