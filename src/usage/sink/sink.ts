import type { z } from "zod";
import { type ErrorCode, GatewayError } from "../../core/errors.ts";
import type { Closable, KindContext } from "../../core/kind.ts";
import type { StoredRecord } from "../read.ts";

/** A receiver of usage records besides the log. It reads the log from its cursor, outside the path of requests. */
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
  /** The wait that the receiver asks for. Undefined if it states none. */
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
  /** `section` is as parsed by the schema, with references to secrets resolved. */
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
