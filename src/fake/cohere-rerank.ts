import { type Answer, brokenJson, frame } from "./answer.ts";
import { cohereCredential, cohereHeaders, refuseAsCohere } from "./cohere.ts";
import type { Call, FakeDialect, Operation } from "./dialect.ts";
import { inputUsage } from "./generation.ts";
import { countOf, listOf, recordOf, textOf } from "./json.ts";
import { type Refusal, refusal } from "./refusal.ts";

const documentsMax = 10_000;
/** One search unit is a query over at most so many documents. */
const documentsPerUnit = 100;
/** Enough digits to tell scores apart. */
const scoreDigits = 7;

/** Cohere's rerank, both versions of it: documents with more of the query's words come first. */
export const cohereRerank: FakeDialect = {
  name: "cohere-rerank",
  match: (method, path) => {
    const version = /^\/v([12])\/rerank$/.exec(path)?.[1];
    return method === "POST" && version !== undefined ? operationOf(version) : undefined;
  },
  credential: cohereCredential,
  refuse: refuseAsCohere,
};

function operationOf(version: string): Operation {
  return {
    name: `v${version}.rerank`,
    model: (body) => textOf(body.model),
    streamed: () => false,
    answer: (call) => answerRerank(call, version),
  };
}

function answerRerank(call: Call, version: string): Answer | Refusal {
  const query = textOf(call.body.query);
  if (query === undefined || query === "")
    return refusal("bad-request", { message: "query must not be empty" });
  const documents = listOf(call.body.documents).map(documentText);
  if (documents.length < 1 || documents.length > documentsMax) {
    return refusal("bad-request", { message: "invalid request: list of documents must not be empty" });
  }
  const words = wordsOf(query);
  const ranked = documents
    .map((document, index) => ({ index, relevance_score: scoreOf(words, document, index) }))
    .sort((a, b) => b.relevance_score - a.relevance_score);
  const top = countOf(call.body.top_n) ?? documents.length;
  const searchUnits = Math.ceil(documents.length / documentsPerUnit);
  const billed = call.faults.noUsage === true ? {} : { billed_units: { search_units: searchUnits } };
  const meta = { api_version: { version }, ...billed };
  const shell = { id: call.id };
  return {
    type: "answer",
    status: 200,
    headers: cohereHeaders,
    streamed: false,
    usage: { ...inputUsage(0, call.faults), searchUnits },
    frames: [frame(JSON.stringify({ ...shell, results: ranked.slice(0, top), meta }))],
    flaws: {
      error: frame(JSON.stringify({ message: "internal server error" })),
      broken: frame(brokenJson),
      empty: [frame(JSON.stringify({ ...shell, results: [] }))],
    },
  };
}

/** Version 1 also takes objects with a text. */
function documentText(document: unknown): string {
  return textOf(document) ?? textOf(recordOf(document).text) ?? JSON.stringify(document);
}

function wordsOf(text: string): ReadonlySet<string> {
  return new Set(text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []);
}

/** The share of the query's words that a document has; of equal ones the first is the better. */
function scoreOf(words: ReadonlySet<string>, document: string, index: number): number {
  const found = wordsOf(document);
  const shared = [...words].filter((word) => found.has(word)).length / Math.max(1, words.size);
  return Number((shared * 0.99 + 0.009 / (index + 1)).toFixed(scoreDigits));
}
