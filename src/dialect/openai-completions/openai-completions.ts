import type { Dialect } from "../dialect.ts";
import { openaiLimitHeaders } from "../limit-headers.ts";
import { passChat } from "../openai-chat/response.ts";
import { encodeOpenaiError } from "../openai-error.ts";
import { pathOf } from "../request-path.ts";
import { inspectCompletions } from "./inspect.ts";
import { spliceCompletions } from "./request.ts";

/** OpenAI's older Completions API, as compatible servers still speak it. Its answers are chat's but for where the text stands. */
export const openaiCompletions: Dialect = {
  name: "openai-completions",
  work: "text",
  requestHeaders: [],
  match(method, path) {
    return method === "POST" && pathOf(path) === "/v1/completions" ? { name: "completions" } : undefined;
  },
  inspect: inspectCompletions,
  splice: spliceCompletions,
  passResponse: passChat,
  limitHeaders: openaiLimitHeaders,
  responseHeaders: ["openai-processing-ms", "openai-version"],
  encodeError: encodeOpenaiError,
};
