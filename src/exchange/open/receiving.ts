import { GatewayError } from "../../core/errors.ts";
import type { Exchange } from "../state/exchange.ts";
import { type BodyOwner, freeBodyBytes } from "../state/intake.ts";

/** Time that a body may take whatever its size, and the rate required of one that takes longer: 1 Mbit/s. */
const graceMs = 10_000;
const bytesPerSecondMin = 131_072;
/** Deadlines are rounded up to this, so that few lists of timers serve all requests. */
const stepMs = 5_000;
/** When a client may try again that found no room. */
const retryAfterMs = 1_000;
const noRoom = "too many request bytes are on their way in: send this again later";

/**
 * A body without a length is small and here soon, nearly always: it takes nothing at first. One that is not here by then takes a little, and
 * later as much as it may have.
 */
const undeclaredWaitMs = 2_000;
const undeclaredBytes = 262_144;
const undeclaredLimitWaitMs = 3_000;

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
      this.#fail(new GatewayError("request_timeout", `the body did not arrive within ${waitMs / 1000} s`)),
    );
    return this;
  }

  /** Takes room for a body of up to `bytes` that has not come after a moment, and ends the receiving where there is none. */
  takeLater(bytes: number, waitMs: number): this {
    this.#after(undeclaredWaitMs, () => {
      if (!this.#reach(Math.min(bytes, undeclaredBytes))) return;
      this.#after(undeclaredLimitWaitMs, () => {
        if (this.#reach(bytes)) this.expectWithin(waitMs - undeclaredWaitMs - undeclaredLimitWaitMs);
      });
    });
    return this;
  }

  /** The body is here, or its client has left. Gives its room back. */
  end(): void {
    if (this.#over) return;
    this.#over = true;
    clearTimeout(this.#timer);
    if (this.#takenBytes > 0)
      this.#exchange.services.intake.release(ownerOf(this.#exchange), this.#takenBytes);
  }

  /** Takes as much more as makes it `bytes` together; false when there was no room, and the receiving is over. */
  #reach(bytes: number): boolean {
    if (!this.#exchange.services.intake.take(ownerOf(this.#exchange), bytes - this.#takenBytes)) {
      this.#fail(noRoomError());
      return false;
    }
    this.#takenBytes = bytes;
    return true;
  }

  #after(waitMs: number, act: () => void): void {
    this.#timer = setTimeout(act, waitMs);
    this.#timer.unref();
  }

  #fail(error: GatewayError): void {
    this.end();
    this.#onEnd(error);
  }
}

/**
 * Takes room for a request's body before Envoy is told to buffer it: as much as its content-length says. A body without a length takes room
 * only when it is not here after two seconds, and all that it may have after five. The error when there is no room. `onEnd` is told once when
 * a body has not come by its deadline, or has outlived its room.
 */
export function receive(exchange: Exchange, onEnd: (error: GatewayError) => void): Receipt | GatewayError {
  const { services, snapshot, head } = exchange;
  const declared = head.headers.get("content-length");
  const bytes = declared === undefined ? snapshot.listen.bodyLimitBytes : Number(declared);
  const waitMs = Math.ceil((graceMs + (bytes / bytesPerSecondMin) * 1000) / stepMs) * stepMs;
  if (bytes <= freeBodyBytes) return new Receipt(exchange, 0, onEnd).expectWithin(waitMs);
  if (declared === undefined) return new Receipt(exchange, 0, onEnd).takeLater(bytes, waitMs);
  if (!services.intake.take(ownerOf(exchange), bytes)) return noRoomError();
  return new Receipt(exchange, bytes, onEnd).expectWithin(waitMs);
}

function noRoomError(): GatewayError {
  return new GatewayError("capacity", noRoom, { retryAfterMs });
}

function ownerOf({ principal }: Exchange): BodyOwner {
  return { tenantId: principal.tenantId, key: principal.keyName ?? principal.userId ?? "" };
}
