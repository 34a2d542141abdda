import type { Headers } from "../../core/headers.ts";
import type { Dialect } from "../../dialect/dialect.ts";

/** What HTTP and every SDK needs of an answer. Others are about the gateway's account with its provider, or the provider's own connection. */
const neededHeaders: ReadonlySet<string> = new Set([
  ":status",
  "content-type",
  "content-length",
  "transfer-encoding",
  "connection",
  "date",
  "cache-control",
  "retry-after",
  "retry-after-ms",
  "x-should-retry",
]);

/** The headers of an upstream's answer that its client does not get: all that its format does not need. */
export function foreignHeaders(headers: Headers, { responseHeaders }: Dialect): string[] {
  return [...headers.names()].filter((name) => !neededHeaders.has(name) && !responseHeaders.includes(name));
}
