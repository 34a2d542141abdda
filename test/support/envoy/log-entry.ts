import type { AccessLogEntry } from "../../../src/accesslog/access-log-entry.ts";
import { loggedOutcome } from "../../../src/accesslog/logged-outcome.ts";
import type { LoggedOutcome } from "../../../src/exchange/attempt/logged-outcome.ts";

/** An entry of Envoy's access log as the exchange is told of it. */
export function logEntry(
  entry: Pick<AccessLogEntry, "kind" | "requestId" | "cluster" | "status"> & {
    readonly flags: readonly string[];
  },
): LoggedOutcome {
  return loggedOutcome({ ...empty, ...entry, flags: entry.flags as AccessLogEntry["flags"] });
}

const empty: Omit<AccessLogEntry, "kind"> = {
  requestId: undefined,
  attempt: undefined,
  cluster: undefined,
  status: undefined,
  flags: [],
  codeDetails: undefined,
  durationMs: undefined,
  upstreamFirstByteMs: undefined,
  upstreamAddress: undefined,
  transportFailure: undefined,
  retryAfter: undefined,
  bytesReceived: 0,
  bytesSent: 0,
};
