import { askedWaitMs } from "../../core/retry-after.ts";
import { type Attempt, classOfFlags } from "../state/attempt.ts";
import { clusterOf } from "../state/cluster-of.ts";
import type { Exchange } from "../state/exchange.ts";
import type { Registry } from "../state/registry.ts";
import { attemptReason } from "./attempt-reason.ts";
import { noteFailure } from "./health-signals.ts";

/** What Envoy's access log says about one try, or about the whole request. */
export interface LoggedOutcome {
  readonly kind: "request" | "attempt";
  /** The exchange's id. */
  readonly requestId: string | undefined;
  readonly cluster: string | undefined;
  readonly status: number | undefined;
  /** Envoy's response flags, e.g. `UF`, `DC`. */
  readonly flags: readonly string[];
  /** The reason for a failed connection upstream, in Envoy's words. */
  readonly transportFailure?: string | undefined;
  /** The address, with its port, that the attempt went to. */
  readonly upstreamAddress?: string | undefined;
  /** The provider's `retry-after`. */
  readonly retryAfter: string | undefined;
}

const downstreamFlags = ["DC", "DR", "DPE"];
const timeoutFlags = ["UT", "SI", "DT", "UMSDR"];

/** Takes an entry of Envoy's access log to the exchange it is about; late entries, and those of strangers, are ignored. */
export function noteLoggedOutcome(registry: Registry, logged: LoggedOutcome): void {
  const exchange = logged.requestId === undefined ? undefined : registry.get(logged.requestId);
  if (exchange === undefined) return;
  if (logged.kind === "attempt") noteAttempt(exchange, logged);
  else noteRequest(exchange, logged);
  exchange.closing.check();
}

/** Notes a try's end. Entries come in the order the tries ended and carry no number: each belongs to the first without one. */
function noteAttempt(exchange: Exchange, logged: LoggedOutcome): void {
  const attempt = exchange.attempts.find(
    ({ number, target: { target } }) =>
      !exchange.logged.has(number) &&
      // Envoy logs a cluster by the name its statistics have, which is the backend's.
      (target.backend === logged.cluster || clusterOf(exchange, target) === logged.cluster),
  );
  if (attempt === undefined) return;
  exchange.logged.add(attempt.number);
  attempt.endedMs ??= exchange.services.clock.monotonicMs();
  // Broken off by us: that says nothing about the target, and what it began is still to be paid.
  if (exchange.broken !== undefined && attempt.outcome.kind === "open") return;
  if (attempt.outcome.kind === "answered") {
    // Broken off after it had begun to answer: what came is still to be paid.
    attempt.outcome = { ...attempt.outcome, flags: logged.flags };
    return;
  }
  const failure = classOf(exchange, attempt, logged);
  noteReason(exchange, attempt, attemptReason(logged, hostnameOf(exchange, attempt)));
  const status = attempt.judged?.status ?? logged.status;
  attempt.outcome = { kind: "failed", status, flags: logged.flags, class: failure };
  const loggedHeader = (name: string) => (name === "retry-after" ? logged.retryAfter : undefined);
  noteFailure(exchange, attempt, failure, askedWaitMs(loggedHeader, exchange.services.clock.nowMs()));
}

/** Longest reason kept; Envoy puts a whole chain of TLS errors in one. */
const reasonCharsMax = 200;

/** Notes why an attempt had no answer, in words fit for a log line: addresses and errors of transport, nothing of the request's. */
export function noteReason(exchange: Exchange, attempt: Attempt, words: string | undefined): void {
  if (words === undefined || attempt.reason !== undefined) return;
  attempt.reason = words.replace(/[^\x20-\x7e]/g, "?").slice(0, reasonCharsMax);
  exchange.services.observer.unanswered(attempt.target.target.backend, attempt.reason);
}

/** Notes why a request's connection ended; the reason counts only where nothing better is known. */
function noteRequest(exchange: Exchange, logged: LoggedOutcome): void {
  const flagged = (flags: readonly string[]): boolean => logged.flags.some((flag) => flags.includes(flag));
  if (flagged(downstreamFlags)) exchange.end("downstream_reset");
  else if (flagged(timeoutFlags)) exchange.end("timeout", "timeout");
  else exchange.end("upstream_reset", "upstream_unavailable");
}

/** Failed tries the access log has yet to tell of. */
export function missingOutcomes(exchange: Exchange): number {
  let missing = 0;
  for (const attempt of exchange.attempts) {
    if (attempt.outcome.kind === "failed" && !exchange.logged.has(attempt.number)) missing += 1;
  }
  return missing;
}

function hostnameOf(exchange: Exchange, attempt: Attempt): string {
  const { backend } = attempt.target.target;
  return exchange.snapshot.backends.get(backend)?.provider.endpoint.hostname ?? backend;
}

function classOf(
  exchange: Exchange,
  attempt: Attempt,
  logged: LoggedOutcome,
): ReturnType<typeof classOfFlags> {
  const told = attempt.judged?.class ?? attempt.refusedAs;
  if (told !== undefined) return told;
  // Known by Envoy's own words, of which its log entry has none.
  if (attempt.outcome.kind === "failed" && ["timeout", "client_error"].includes(attempt.outcome.class))
    return attempt.outcome.class;
  if (logged.status === undefined || logged.flags.includes("UT")) return classOfFlags(logged.flags);
  const provider = exchange.snapshot.backends.get(attempt.target.target.backend)?.provider;
  return provider?.classify(logged.status, noHeaders, noBytes) ?? classOfFlags(logged.flags);
}

const noBytes = Buffer.alloc(0);
const noHeaders = { get: () => undefined, names: () => [] };
