import type { ResponseContext } from "./dialect.ts";

/** Whether an answer is a stream of server-sent events: its own content type says it; without one, the request. */
export function isEventStream({ headers, facts }: ResponseContext): boolean {
  const type = headers.get("content-type");
  return type === undefined ? facts.stream : /^\s*text\/event-stream\b/i.test(type);
}
