import { askedWaitMs } from "../core/retry-after.ts";
import { type Attempt, classOfFlags } from "./attempt.ts";
import { attemptReason } from "./attempt-reason.ts";
import { clusterOf } from "./cluster-of.ts";
import type { Exchange } from "./exchange.ts";
import type { Registry } from "./registry.ts";
import { noteFailure } from "./signs.ts";

/** What Envoy's access log says about one try, or about the whole request. */
export interface Fate {
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
export function noteFate(registry: Registry, fate: Fate): void {
  const exchange = fate.requestId === undefined ? undefined : registry.get(fate.requestId);
  if (exchange === undefined) return;
  if (fate.kind === "attempt") noteAttempt(exchange, fate);
  else noteRequest(exchange, fate);
  exchange.closing.check();
}

/** Notes a try's end. Entries come in the order the tries ended and carry no number: each belongs to the first without one. */
function noteAttempt(exchange: Exchange, fate: Fate): void {
  const attempt = exchange.attempts.find(
    ({ number, target: { target } }) =>
      !exchange.logged.has(number) &&
      // Envoy logs a cluster by the name its statistics have, which is the backend's.
      (target.backend === fate.cluster || clusterOf(exchange, target) === fate.cluster),
  );
  if (attempt === undefined) return;
  exchange.logged.add(attempt.number);
  attempt.endedMs ??= exchange.services.clock.monotonicMs();
  // Broken off by us: that says nothing about the target, and what it began is still to be paid.
  if (exchange.broken !== undefined && attempt.fate.kind === "open") return;
  if (attempt.fate.kind === "answered") {
    // Broken off after it had begun to answer: what came is still to be paid.
    attempt.fate = { ...attempt.fate, flags: fate.flags };
    return;
  }
  const failure = classOf(exchange, attempt, fate);
  noteReason(exchange, attempt, attemptReason(fate, hostnameOf(exchange, attempt)));
  const status = attempt.judged?.status ?? fate.status;
  attempt.fate = { kind: "failed", status, flags: fate.flags, class: failure };
  const logged = (name: string) => (name === "retry-after" ? fate.retryAfter : undefined);
  noteFailure(exchange, attempt, failure, askedWaitMs(logged, exchange.services.clock.nowMs()));
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
function noteRequest(exchange: Exchange, fate: Fate): void {
  const flagged = (flags: readonly string[]): boolean => fate.flags.some((flag) => flags.includes(flag));
  if (flagged(downstreamFlags)) exchange.end("downstream_reset");
  else if (flagged(timeoutFlags)) exchange.end("timeout", "timeout");
  else exchange.end("upstream_reset", "upstream_unavailable");
}

/** Failed tries the access log has yet to tell of. */
export function missingFates(exchange: Exchange): number {
  let missing = 0;
  for (const attempt of exchange.attempts) {
    if (attempt.fate.kind === "failed" && !exchange.logged.has(attempt.number)) missing += 1;
  }
  return missing;
}

function hostnameOf(exchange: Exchange, attempt: Attempt): string {
  const { backend } = attempt.target.target;
  return exchange.snapshot.backends.get(backend)?.provider.endpoint.hostname ?? backend;
}

function classOf(exchange: Exchange, attempt: Attempt, fate: Fate): ReturnType<typeof classOfFlags> {
  const told = attempt.judged?.class ?? attempt.refusedAs;
  if (told !== undefined) return told;
  // Known by Envoy's own words, of which its log entry has none.
  if (attempt.fate.kind === "failed" && ["timeout", "client_error"].includes(attempt.fate.class))
    return attempt.fate.class;
  if (fate.status === undefined || fate.flags.includes("UT")) return classOfFlags(fate.flags);
  const provider = exchange.snapshot.backends.get(attempt.target.target.backend)?.provider;
  return provider?.classify(fate.status, noHeaders, noBytes) ?? classOfFlags(fate.flags);
}

const noBytes = Buffer.alloc(0);
const noHeaders = { get: () => undefined, names: () => [] };
