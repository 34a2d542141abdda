import type { Dialect } from "../dialect.ts";
import { encodeOpenaiError } from "../openai-error.ts";
import { pathOf } from "../request-path.ts";
import { inspectChat } from "./inspect.ts";
import { spliceChat } from "./request.ts";
import { passChat } from "./response.ts";

/** OpenAI Chat Completions, as its SDKs and compatible servers speak it (reference/providers.md §1.1). */
export const openaiChat: Dialect = {
  name: "openai-chat",
  requestHeaders: [],
  match(method, path) {
    return method === "POST" && pathOf(path) === "/v1/chat/completions" ? { name: "chat" } : undefined;
  },
  inspect: inspectChat,
  splice: spliceChat,
  passResponse: passChat,
  encodeError: encodeOpenaiError,
};
