import { isIP } from "node:net";
import { askedWaitMs } from "../../core/retry-after.ts";
import type { FailureClass } from "../../provider/provider.ts";
import type { Attempt } from "../state/attempt.ts";
import { clusterOf } from "../state/cluster-of.ts";
import type { Exchange, Forwarded } from "../state/exchange.ts";
import type { Registry } from "../state/registry.ts";

/** What the proxy's log says about one try, or about the whole request. */
export type LoggedOutcome = LoggedRequest | LoggedAttempt;

/** The end of a whole request. */
export interface LoggedRequest {
  readonly kind: "request";
  /** Undefined for a request that failed before it became an exchange. */
  readonly exchangeId: string | undefined;
  readonly ending: "downstream_reset" | "timeout" | "upstream_reset";
}

/** The end of one try. */
export interface LoggedAttempt {
  readonly kind: "attempt";
  readonly exchangeId: string | undefined;
  readonly cluster: string | undefined;
  /** Undefined: no response headers came. */
  readonly status: number | undefined;
  /** The log's own words for the end, for the record. */
  readonly flags: readonly string[];
  /** The class of a failure of transport or time. Undefined where the status decides. */
  readonly failure: FailureClass | undefined;
  /** True if the connection broke after the request was on its way, without any answer. */
  readonly brokeOff: boolean;
  /** True if the backend's name had no address. */
  readonly isUnresolved: boolean;
  /** The reason for a missing answer, in the proxy's words. Undefined if there was an answer, or it has none. */
  readonly reason: string | undefined;
  /** The provider's `retry-after`. */
  readonly retryAfter: string | undefined;
}

/** Takes an entry of the proxy's log to the exchange it is about; late entries, and those of strangers, are ignored. */
export function noteLoggedOutcome(registry: Registry, logged: LoggedOutcome): void {
  const exchange = logged.exchangeId === undefined ? undefined : registry.get(logged.exchangeId);
  if (exchange !== undefined) noteOutcome(exchange, logged);
}

/** Takes an entry of the proxy's log about this exchange. */
export function noteOutcome(exchange: Exchange, logged: LoggedOutcome): void {
  if (logged.kind === "request") noteRequest(exchange, logged);
  else if (exchange.forwarded !== undefined) noteAttempt(exchange.forwarded, logged);
  exchange.closing.check();
}

/** Notes a try's end. Entries come in the order the tries ended and carry no number: each belongs to the first without one. */
function noteAttempt({ exchange, attempts }: Forwarded, logged: LoggedAttempt): void {
  const attempt = attempts.find(
    ({ isLogged, target: { target } }) =>
      !isLogged &&
      // Envoy logs a cluster by the name its statistics have, which is the backend's.
      (target.backend === logged.cluster || clusterOf(exchange, target) === logged.cluster),
  );
  if (attempt === undefined) return;
  const { status, flags, brokeOff, retryAfter } = logged;
  const header = (name: string) => (name === "retry-after" ? retryAfter : undefined);
  const end = {
    status,
    flags,
    class: logged.failure ?? classOfStatus(exchange, attempt, status),
    brokeOff,
    reason: reasonOf(exchange, attempt, logged),
    waitMs: askedWaitMs(header, exchange.services.clock.nowMs()),
  };
  attempt.logged(end, exchange.answer.isBroken);
}

/** Notes why a request's connection ended; the reason counts only where nothing better is known. */
function noteRequest(exchange: Exchange, { ending }: LoggedRequest): void {
  switch (ending) {
    case "downstream_reset":
      exchange.end(ending);
      return;
    case "timeout":
      exchange.end(ending, "timeout");
      return;
    case "upstream_reset":
      exchange.end(ending, "upstream_unavailable");
  }
}

function reasonOf(
  exchange: Exchange,
  attempt: Attempt,
  { isUnresolved, reason }: LoggedAttempt,
): string | undefined {
  const { backend } = attempt.target.target;
  const hostname = exchange.snapshot.backends.get(backend)?.provider.endpoint.hostname ?? backend;
  const hasName = isIP(hostname.replace(/^\[|\]$/g, "")) === 0;
  return isUnresolved && hasName ? `DNS: ${hostname} has no address` : reason;
}

function classOfStatus(exchange: Exchange, attempt: Attempt, status: number | undefined): FailureClass {
  const provider = exchange.snapshot.backends.get(attempt.target.target.backend)?.provider;
  if (status === undefined || provider === undefined) return "overloaded";
  return provider.classify(status, noHeaders, noBytes);
}

const noBytes = Buffer.alloc(0);
const noHeaders = { get: () => undefined, names: () => [] };
