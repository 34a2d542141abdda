import { unresolvedAddress } from "../plan/unresolved-address.ts";
import type { AccessLogEntry } from "./access-log-entry.ts";

type UnansweredAttempt = Pick<AccessLogEntry, "flags" | "status" | "transportFailure" | "upstreamAddress">;

/** True if the attempt went where Envoy turns to for a backend whose name has no address. */
export function isUnresolved({ upstreamAddress }: UnansweredAttempt): boolean {
  return upstreamAddress === `${unresolvedAddress.address}:${unresolvedAddress.port}`;
}

/**
 * The reason why an attempt got no answer: Envoy's own words where it has some, else the meaning of its flags. Undefined if it was answered, or ran
 * into its deadline.
 */
export function attemptReason({ flags, status, transportFailure }: UnansweredAttempt): string | undefined {
  if (transportFailure !== undefined) return transportFailure;
  if (status !== undefined) return undefined;
  for (const flag of flags) {
    const meaning = meanings.get(flag);
    if (meaning !== undefined) return meaning;
  }
  return undefined;
}

/** Of Envoy's response flags, those of a transport that failed: https://www.envoyproxy.io/docs/envoy/v1.40.0/configuration/observability/access_log/usage */
const meanings: ReadonlyMap<string, string> = new Map([
  ["DF", "DNS: the backend's name has no address"],
  ["UF", "no connection to the backend"],
  ["UH", "no healthy address of the backend"],
  ["UC", "connection closed or reset by the backend"],
  ["UR", "stream reset by the backend"],
  ["UPE", "the backend's answer breaks the HTTP protocol"],
  ["UO", "too many connections to the backend"],
]);
