import { GatewayError } from "../core/errors.ts";
import type { Exchange } from "./exchange.ts";
import { type BodyOwner, freeBodyBytes } from "./intake.ts";

/** How long a body may take whatever its size, and how fast one must be that takes longer: 1 Mbit/s. */
const graceMs = 10_000;
const bytesPerSecondMin = 131_072;
/** Deadlines are rounded up to this, so that few lists of timers serve all requests. */
const stepMs = 5_000;

/** The receiving of one request's body: the room it has taken, and the time it has. */
export class Receipt {
  readonly #exchange: Exchange;
  readonly #takenBytes: number;
  readonly #timer: NodeJS.Timeout;
  #over = false;

  constructor(exchange: Exchange, takenBytes: number, waitMs: number, onLate: (error: GatewayError) => void) {
    this.#exchange = exchange;
    this.#takenBytes = takenBytes;
    this.#timer = setTimeout(() => {
      this.end();
      onLate(new GatewayError("request_timeout", `the body did not arrive within ${waitMs / 1000} s`));
    }, waitMs);
    this.#timer.unref();
  }

  /** The body is here, or nobody waits for it any more. Gives its room back. */
  end(): void {
    if (this.#over) return;
    this.#over = true;
    clearTimeout(this.#timer);
    if (this.#takenBytes > 0)
      this.#exchange.services.intake.release(ownerOf(this.#exchange), this.#takenBytes);
  }
}

/**
 * Takes room for a request's body before Envoy is told to buffer it: as much as its content-length says, or the limit where it says nothing.
 * The error when there is none. `onLate` is told once when the body has not come by its deadline.
 */
export function receive(exchange: Exchange, onLate: (error: GatewayError) => void): Receipt | GatewayError {
  const { services, snapshot, head } = exchange;
  const declared = head.headers.get("content-length");
  const bytes = declared === undefined ? snapshot.listen.bodyLimitBytes : Number(declared);
  const waitMs = Math.ceil((graceMs + (bytes / bytesPerSecondMin) * 1000) / stepMs) * stepMs;
  if (bytes <= freeBodyBytes) return new Receipt(exchange, 0, waitMs, onLate);
  if (!services.intake.take(ownerOf(exchange), bytes))
    return new GatewayError("capacity", "too many request bytes are on their way in: send this again later");
  return new Receipt(exchange, bytes, waitMs, onLate);
}

function ownerOf({ principal }: Exchange): BodyOwner {
  return { tenantId: principal.tenantId, key: principal.keyName ?? principal.userId ?? "" };
}
