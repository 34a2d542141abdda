import type { Headers } from "../core/headers.ts";
import type { Dialect } from "./dialect.ts";

/** The format that a client expects whose request names no endpoint of ours: told by the headers that its SDK always sends. */
export function dialectOfClient(dialects: readonly Dialect[], headers: Headers): Dialect {
  const name =
    headers.get("anthropic-version") !== undefined
      ? "anthropic-messages"
      : headers.get("x-goog-api-key") !== undefined
        ? "gemini-generate"
        : "openai-chat";
  const dialect = dialects.find((one) => one.name === name) ?? dialects[0];
  if (dialect === undefined) throw new Error("no dialects");
  return dialect;
}
