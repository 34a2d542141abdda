import { GatewayError } from "../core/errors.ts";
import type { Exchange } from "./exchange.ts";
import { type BodyOwner, freeBodyBytes } from "./intake.ts";

/** How long a body may take whatever its size, and how fast one must be that takes longer: 1 Mbit/s. */
const graceMs = 10_000;
const bytesPerSecondMin = 131_072;
/** Deadlines are rounded up to this, so that few lists of timers serve all requests. */
const stepMs = 5_000;
/** When a client may try again that found no room. */
const retryAfterMs = 1_000;
const noRoom = "too many request bytes are on their way in: send this again later";

/** A body without a length takes this at first: most are small, and here within milliseconds. */
const unknownBytesFirst = 1_048_576;
/** One that is not here by then takes as much as it may have. */
const unknownWaitMs = 1_000;

/** The receiving of one request's body: the room it has taken, and the time it has. */
export class Receipt {
  readonly #exchange: Exchange;
  readonly #onEnd: (error: GatewayError) => void;
  #takenBytes: number;
  #timer: NodeJS.Timeout | undefined;
  #over = false;

  constructor(exchange: Exchange, takenBytes: number, onEnd: (error: GatewayError) => void) {
    this.#exchange = exchange;
    this.#takenBytes = takenBytes;
    this.#onEnd = onEnd;
  }

  /** Ends the receiving when the body has not come within this time. */
  expectWithin(waitMs: number): this {
    this.#after(waitMs, () =>
      this.#fail("request_timeout", `the body did not arrive within ${waitMs / 1000} s`),
    );
    return this;
  }

  /** Takes the room of a body of `bytes` after a moment, and ends the receiving where there is none. */
  takeLater(bytes: number, waitMs: number): this {
    this.#after(unknownWaitMs, () => {
      const more = bytes - this.#takenBytes;
      if (!this.#exchange.services.intake.take(ownerOf(this.#exchange), more)) {
        this.#fail("capacity", noRoom);
        return;
      }
      this.#takenBytes = bytes;
      this.expectWithin(waitMs - unknownWaitMs);
    });
    return this;
  }

  /** The body is here, or nobody waits for it any more. Gives its room back. */
  end(): void {
    if (this.#over) return;
    this.#over = true;
    clearTimeout(this.#timer);
    if (this.#takenBytes > 0)
      this.#exchange.services.intake.release(ownerOf(this.#exchange), this.#takenBytes);
  }

  #after(waitMs: number, act: () => void): void {
    this.#timer = setTimeout(act, waitMs);
    this.#timer.unref();
  }

  #fail(code: "request_timeout" | "capacity", message: string): void {
    this.end();
    this.#onEnd(new GatewayError(code, message));
  }
}

/**
 * Takes room for a request's body before Envoy is told to buffer it: as much as its content-length says. A body without a length takes 1 MiB,
 * and the rest of what it may have when it is not here after a second. The error when there is no room. `onEnd` is told once when a body has
 * not come by its deadline, or has outlived its room.
 */
export function receive(exchange: Exchange, onEnd: (error: GatewayError) => void): Receipt | GatewayError {
  const { services, snapshot, head } = exchange;
  const declared = head.headers.get("content-length");
  const bytes = declared === undefined ? snapshot.listen.bodyLimitBytes : Number(declared);
  const waitMs = Math.ceil((graceMs + (bytes / bytesPerSecondMin) * 1000) / stepMs) * stepMs;
  if (bytes <= freeBodyBytes) return new Receipt(exchange, 0, onEnd).expectWithin(waitMs);
  const first = declared === undefined ? Math.min(bytes, unknownBytesFirst) : bytes;
  if (!services.intake.take(ownerOf(exchange), first))
    return new GatewayError("capacity", noRoom, { retryAfterMs });
  const receipt = new Receipt(exchange, first, onEnd);
  return first < bytes ? receipt.takeLater(bytes, waitMs) : receipt.expectWithin(waitMs);
}

function ownerOf({ principal }: Exchange): BodyOwner {
  return { tenantId: principal.tenantId, key: principal.keyName ?? principal.userId ?? "" };
}
