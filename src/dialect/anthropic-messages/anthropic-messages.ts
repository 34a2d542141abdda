import type { Dialect } from "../dialect.ts";
import { pathOf } from "../request-path.ts";
import { encodeAnthropicError } from "./error.ts";
import { inspectMessages } from "./inspect.ts";
import { spliceMessages } from "./request.ts";
import { passMessages } from "./response.ts";

/** Anthropic's Messages API with its count of tokens (reference/providers.md §1.6). */
export const anthropicMessages: Dialect = {
  name: "anthropic-messages",
  requestHeaders: ["anthropic-version", "anthropic-beta"],
  match(method, path) {
    if (method !== "POST") return undefined;
    switch (pathOf(path)) {
      case "/v1/messages":
        return { name: "messages" };
      case "/v1/messages/count_tokens":
        return { name: "count_tokens" };
      default:
        return undefined;
    }
  },
  inspect: inspectMessages,
  splice: spliceMessages,
  passResponse: passMessages,
  encodeError: encodeAnthropicError,
};
