import { isIP } from "node:net";
import { z } from "zod";
import { parseDurationMs, parseSizeBytes } from "../core/duration.ts";
import { type EdgeAddress, parseEdgeAddress } from "../edge/edge.ts";

/** A host and port; port 0: the kernel's choice. */
export type TcpAddress = Extract<EdgeAddress, { kind: "tcp" }>;

/** A duration with its unit, to milliseconds; more than nothing, and no longer than a timer can wait. */
export const durationMs = parsed(
  parseDurationMs,
  "must be a duration with its unit: 250ms, 30s, 5m, 24h",
).refine((ms) => ms > 0 && ms <= 2_147_483_647, "must be more than 0 and at most 24d");

/** A size with its unit, to bytes. */
export const sizeBytes = parsed(parseSizeBytes, "must be a size with its unit: 64KiB, 32MiB, 1MB");

/** `HOST:PORT`. */
export const tcpAddress = parsed((text): TcpAddress | undefined => {
  const address = parseEdgeAddress(text);
  return address?.kind === "tcp" ? address : undefined;
}, "must be HOST:PORT, e.g. 127.0.0.1:8080");

/** `IP:PORT`, where Envoy listens: it looks up no names. */
export const listenAddress = tcpAddress.refine(
  ({ host }) => isIP(host) !== 0,
  "must be an IP address and a port, as Envoy looks up no names: 127.0.0.1:8080 for this machine alone, [::]:8080 for every address of it",
);

/** A token as a header carries it. A line end, as files and shells leave it, would make it one that nobody can send. */
export const bearerToken = z
  .string()
  .min(16, "must be at least 16 characters")
  .regex(
    /^[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?$/,
    "must be printable ASCII without line ends, or spaces at its ends",
  );

/** `unix:PATH` or `HOST:PORT`. */
export const edgeAddress = parsed(
  parseEdgeAddress,
  "must be unix:PATH or HOST:PORT, e.g. unix:./run/tollgate.sock",
);

/** An http or https URL without credentials: those belong where they can be hidden. */
export const httpUrl = z.string().refine((text) => {
  if (!URL.canParse(text)) return false;
  const { protocol, username, password } = new URL(text);
  return /^https?:$/.test(protocol) && username === "" && password === "";
}, "must be an http or https URL without a user name or password");

/** A path as written; the config's folder is added when it is compiled. */
export const path = z.string().min(1, "must be a path");

function parsed<T>(parse: (text: string) => T | undefined, message: string): z.ZodType<T, string> {
  return z.string({ error: message }).transform((text, context) => {
    const value = parse(text);
    if (value !== undefined) return value;
    context.addIssue({ code: "custom", message });
    return z.NEVER;
  });
}
