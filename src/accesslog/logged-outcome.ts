import { type LoggedOutcome, noteLoggedOutcome } from "../exchange/attempt/logged-outcome.ts";
import type { Registry } from "../exchange/state/registry.ts";
import type { AccessLogEntry } from "./access-log-entry.ts";
import { attemptReason, isUnresolved } from "./attempt-reason.ts";
import type { AccessLogFlag } from "./response-flags.ts";

/** Takes an entry of Envoy's access log to the exchange it is about. */
export function noteEntry(registry: Registry, entry: AccessLogEntry): void {
  noteLoggedOutcome(registry, loggedOutcome(entry));
}

/** The meaning of an entry of Envoy's access log for its exchange. */
export function loggedOutcome(entry: AccessLogEntry): LoggedOutcome {
  const { requestId: exchangeId, flags, status } = entry;
  if (entry.kind === "request") return { kind: "request", exchangeId, ending: endingOf(flags) };
  const failed = status === undefined || flags.includes("UT");
  return {
    kind: "attempt",
    exchangeId,
    cluster: entry.cluster,
    status,
    flags,
    failure: failed ? classOfFlags(flags) : undefined,
    brokeOff: status === undefined && flags.some((flag) => brokenFlags.has(flag)),
    isUnresolved: isUnresolved(entry),
    reason: attemptReason(entry),
    retryAfter: entry.retryAfter,
  };
}

function endingOf(flags: readonly AccessLogFlag[]): "downstream_reset" | "timeout" | "upstream_reset" {
  if (flags.some((flag) => downstreamFlags.has(flag))) return "downstream_reset";
  return flags.some((flag) => timeoutFlags.has(flag)) ? "timeout" : "upstream_reset";
}

/** The class of a failed try that gave no status: a deadline, or a broken or refused connection. */
function classOfFlags(flags: readonly AccessLogFlag[]): "timeout" | "unreachable" | "overloaded" {
  if (flags.includes("UT")) return "timeout";
  return flags.some((flag) => unconnectedFlags.has(flag)) ? "unreachable" : "overloaded";
}

/** The client left, or broke the protocol. */
const downstreamFlags: ReadonlySet<AccessLogFlag> = new Set(["DC", "DR", "DPE"]);
const timeoutFlags: ReadonlySet<AccessLogFlag> = new Set(["UT", "SI", "DT", "UMSDR"]);
/** A connection that never was: it failed, no host is known, or its name does not resolve. */
const unconnectedFlags: ReadonlySet<AccessLogFlag> = new Set(["UF", "UH", "DF"]);
/** A connection that broke after the request was on its way. */
const brokenFlags: ReadonlySet<AccessLogFlag> = new Set(["UC", "UR"]);
