import { isIP } from "node:net";

/** Where Envoy turns to for a backend whose name has no address: a port on which nobody listens, so that the attempt fails and the next target is tried. */
export const unresolvedAddress = { address: "127.0.0.1", port: 1 } as const;

/** What Envoy's access log says of an attempt without an answer. */
export interface UnansweredAttempt {
  readonly flags: readonly string[];
  readonly status: number | undefined;
  readonly transportFailure?: string | undefined;
  readonly upstreamAddress?: string | undefined;
}

/**
 * The reason why an attempt at this host got no answer: Envoy's own words where it has some, else the meaning of its flags. Undefined if it was
 * answered, or ran into its deadline.
 */
export function attemptReason(attempt: UnansweredAttempt, hostname: string): string | undefined {
  const isUnresolved =
    attempt.upstreamAddress === `${unresolvedAddress.address}:${unresolvedAddress.port}` &&
    isIP(hostname.replace(/^\[|\]$/g, "")) === 0;
  if (isUnresolved) return `DNS: ${hostname} has no address`;
  if (attempt.transportFailure !== undefined) return attempt.transportFailure;
  if (attempt.status !== undefined) return undefined;
  for (const flag of attempt.flags) {
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
