/**
 * The closed table of failures: the HTTP status of each, and whether the same request may succeed later.
 * Dialects render these; nothing else decides a status.
 */
export const errorTable = {
  invalid_request: { status: 400, retryable: false },
  invalid_contract: { status: 400, retryable: false },
  input_too_large: { status: 400, retryable: false },
  context_length_exceeded: { status: 400, retryable: false },
  unsupported: { status: 400, retryable: false },
  unpriced_model: { status: 400, retryable: false },
  unauthenticated: { status: 401, retryable: false },
  forbidden: { status: 403, retryable: false },
  suspended: { status: 403, retryable: false },
  unknown_path: { status: 404, retryable: false },
  unknown_model: { status: 404, retryable: false },
  request_timeout: { status: 408, retryable: true },
  body_too_large: { status: 413, retryable: false },
  unsupported_media_type: { status: 415, retryable: false },
  encoded_body: { status: 415, retryable: false },
  rate_limit: { status: 429, retryable: true },
  insufficient_quota: { status: 429, retryable: false },
  upstream_auth: { status: 502, retryable: false },
  upstream_invalid: { status: 502, retryable: true },
  response_too_large: { status: 502, retryable: false },
  validation_failed: { status: 502, retryable: true },
  no_backend: { status: 503, retryable: true },
  stopped: { status: 503, retryable: true },
  upstream_unavailable: { status: 503, retryable: true },
  capacity: { status: 503, retryable: true },
  ledger_unavailable: { status: 503, retryable: true },
  shutting_down: { status: 503, retryable: true },
  timeout: { status: 504, retryable: true },
  internal: { status: 500, retryable: true },
} as const satisfies Record<string, { status: number; retryable: boolean }>;

/** A code of {@link errorTable}. */
export type ErrorCode = keyof typeof errorTable;

/** Optional details of a failure, besides its code and its one line of why. */
export interface ErrorDetails {
  /** The request field at fault, as the client wrote it, e.g. `max_tokens`. */
  readonly param?: string;
  /** The wait before the client should try again. */
  readonly retryAfterMs?: number | undefined;
  readonly cause?: unknown;
}

/** The only thing Tollgate throws on purpose: a failure that a dialect can render for the client. */
export class GatewayError extends Error {
  override readonly name = "GatewayError";
  readonly code: ErrorCode;
  readonly status: number;
  readonly retryable: boolean;
  readonly param: string | undefined;
  readonly retryAfterMs: number | undefined;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    const { stackTraceLimit } = Error;
    // Nobody reads the stack of a refusal, and taking it is a fifth of what a refusal costs.
    Error.stackTraceLimit = 0;
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    Error.stackTraceLimit = stackTraceLimit;
    this.code = code;
    this.status = errorTable[code].status;
    this.retryable = errorTable[code].retryable;
    this.param = details.param;
    this.retryAfterMs = details.retryAfterMs;
  }

  /** Any thrown value as a failure; what is unknown becomes `internal`, with nothing of it in the message a client sees. */
  static from(error: unknown): GatewayError {
    if (error instanceof GatewayError) return error;
    return new GatewayError("internal", "internal error", { cause: error });
  }
}

/** Says that the code itself is wrong; the stream it happens on fails closed as `internal`. */
export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new Error(`assertion failed: ${message}`);
}

/** Marks a switch as exhaustive: reaching it is a bug. */
export function unreachable(value: never): never {
  throw new Error(`unreachable: ${String(value)}`);
}
