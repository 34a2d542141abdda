import type { LocalReply } from "./dialect.ts";

/** A value as an answer of status 200. */
export function jsonReply(value: unknown): LocalReply {
  return {
    status: 200,
    headers: [["content-type", "application/json"]],
    body: Buffer.from(JSON.stringify(value)),
  };
}
