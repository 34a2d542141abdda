import { GatewayError } from "../../core/errors.ts";
import { OrderFailed, WorkerPool } from "../../core/worker-pool.ts";
import type { RequestFacts } from "../dialect.ts";
import type { Answers, Order, PackedFacts } from "./order.ts";

/** Two, so that one slow body delays no other for long; more would take CPU from the loop. */
const workersMax = 2;
/** Bodies that wait, of all tenants. */
const waitingMax = 512;
/** Envoy waits 10 s for a reply. */
const orderMs = 8_000;
const heapMb = 1_024;
/** When a client may try again whose body was not read. */
const retryAfterMs = 2_000;

/** Has large bodies read and written by worker threads, so that none holds the event loop. */
export class Offload {
  readonly #pool: WorkerPool<Order, Answers[Order["kind"]]>;

  constructor(limits: { readonly orderMs?: number; readonly heapMb?: number } = {}) {
    const program = new URL(`./offload-worker${import.meta.url.slice(-3)}`, import.meta.url);
    this.#pool = new WorkerPool({ program, workersMax, waitingMax, orderMs, heapMb, ...limits });
  }

  /** Rejects with what refuses the body, `invalid_request` for a request that takes too much memory, and `capacity` for whatever else was not done. */
  async do<Kind extends Order["kind"]>(
    tenantId: string,
    order: Extract<Order, { readonly kind: Kind }>,
  ): Promise<Answers[Kind]> {
    try {
      // The worker answers each kind of order with its own kind of answer.
      return (await this.#pool.do(tenantId, order)) as Answers[Kind];
    } catch (error) {
      throw error instanceof OrderFailed ? failureOf(order, error) : error;
    }
  }

  close(): Promise<void> {
    return this.#pool.close();
  }
}

/** The facts with their text again. */
export function unpackFacts({ facts, spans }: PackedFacts): RequestFacts {
  const text = Array.from({ length: spans.length / 3 }, (_, index) => ({
    start: spans[index * 3] ?? 0,
    end: spans[index * 3 + 1] ?? 0,
    escaped: spans[index * 3 + 2] === 1,
  }));
  return { ...facts, text };
}

/**
 * The client's error for an order that failed. A busy machine looks like a slow body, so only one that needs too much memory, which
 * it always will, is the client's fault.
 */
function failureOf({ kind }: Order, { failure, cause }: OrderFailed): GatewayError {
  if (failure === "no-memory" && kind !== "answer")
    return new GatewayError("invalid_request", "the body takes too much memory to read", { cause });
  const what = kind === "answer" ? "the provider's answer" : "the body";
  const why =
    failure === "no-room" ? "too many large bodies wait to be read" : `${what} could not be read in time`;
  return new GatewayError("capacity", why, { cause, retryAfterMs });
}
