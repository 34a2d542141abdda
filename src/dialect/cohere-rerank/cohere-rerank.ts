import type { Dialect } from "../dialect.ts";
import { pathOf } from "../request-path.ts";
import { spliceMembers } from "../splice-members.ts";
import { encodeCohereError } from "./error.ts";
import { inspectRerank, type RerankMarks } from "./inspect.ts";
import { passRerank } from "./response.ts";

/** Cohere's rerank, in both its versions: no stream, no output tokens, no cap. */
export const cohereRerank: Dialect = {
  name: "cohere-rerank",
  work: "rerank",
  requestHeaders: [],
  match(method, path) {
    if (method !== "POST") return undefined;
    switch (pathOf(path)) {
      case "/v1/rerank":
        return { name: "rerank_v1" };
      case "/v2/rerank":
        return { name: "rerank" };
      default:
        return undefined;
    }
  },
  inspect: inspectRerank,
  splice: (body, facts, edits) => spliceMembers(body, facts.marks as RerankMarks, facts, edits, []),
  passResponse: passRerank,
  responseHeaders: ["x-debug-trace-id"],
  encodeError: encodeCohereError,
};
