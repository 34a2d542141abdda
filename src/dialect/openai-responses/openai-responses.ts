import type { Dialect } from "../dialect.ts";
import { encodeOpenaiError } from "../openai-error.ts";
import { pathOf } from "../request-path.ts";
import { inspectResponses } from "./inspect.ts";
import { spliceResponses } from "./request.ts";
import { passResponses } from "./response.ts";

/** OpenAI's Responses API (reference/providers.md §1.2). */
export const openaiResponses: Dialect = {
  name: "openai-responses",
  requestHeaders: [],
  match(method, path) {
    return method === "POST" && pathOf(path) === "/v1/responses" ? { name: "responses" } : undefined;
  },
  inspect: inspectResponses,
  splice: spliceResponses,
  passResponse: passResponses,
  encodeError: encodeOpenaiError,
};
