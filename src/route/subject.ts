import type { Contract } from "../contract/contract.ts";
import type { Headers } from "../core/headers.ts";
import type { RequestFacts } from "../dialect/dialect.ts";
import type { Principal } from "../identity/principal.ts";
import { declaredLanguage } from "./language.ts";

/** A request as routing sees it. */
export interface Subject {
  readonly principal: Principal;
  readonly contract: Contract;
  readonly facts: RequestFacts;
  readonly dialect: string;
  readonly headers: Headers;
  /** Path and query. */
  readonly path: string;
  /** Input tokens by a counter that belongs to no target; undefined where no condition asks. */
  readonly inputTokens: number | undefined;
}

/** Fields of a request, besides those of its contract, that a condition can name. */
export const requestFields = [
  "model",
  "dialect",
  "operation",
  "stream",
  "tools",
  "images",
  "responseFormat",
  "language",
  "inputTokens",
  "path",
] as const;
/** One of {@link requestFields}. */
export type RequestField = (typeof requestFields)[number];

/** A request field's value as conditions compare it; undefined: the request does not say. */
export function requestFieldOf(subject: Subject, name: RequestField): string | undefined {
  const { facts } = subject;
  switch (name) {
    case "model":
      return facts.model;
    case "dialect":
      return subject.dialect;
    case "operation":
      return facts.operation.name;
    case "stream":
      return String(facts.stream);
    case "tools":
      return String(facts.tools > 0);
    case "images":
      return String(facts.images > 0);
    case "responseFormat":
      return facts.responseFormat;
    case "language":
      return declaredLanguage(subject);
    case "inputTokens":
      return subject.inputTokens?.toString();
    case "path":
      return pathOf(subject.path);
  }
}

function pathOf(pathAndQuery: string): string {
  const query = pathAndQuery.indexOf("?");
  return query === -1 ? pathAndQuery : pathAndQuery.slice(0, query);
}
