import type { ResponseContext } from "./dialect.ts";

/** True if an answer is a stream of server-sent events, by its content type or, without one, by the request. */
export function isEventStream(context: ResponseContext): boolean {
  return isOfType(context, /^\s*text\/event-stream\b/i);
}

/** The same of AWS's binary event streams. */
export function isAwsEventStream(context: ResponseContext): boolean {
  return isOfType(context, /^\s*application\/vnd\.amazon\.eventstream\b/i);
}

function isOfType({ headers, facts }: ResponseContext, type: RegExp): boolean {
  const written = headers.get("content-type");
  return written === undefined ? facts.stream : type.test(written);
}
