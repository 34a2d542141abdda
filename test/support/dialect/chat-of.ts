import type { DialectName } from "../../../src/dialect/dialect.ts";
import { translationRequests } from "../../fixtures/translation-requests.ts";
import { dialectOf, factsOf, translateAnswer } from "./translation.ts";

/** A streamed answer as a chat client's aggregator folds it. */
export interface FoldedAnswer {
  readonly text: string;
  readonly calls: readonly { readonly id: string; readonly name: string; readonly arguments: string }[];
  readonly finish: string | undefined;
}

interface Delta {
  readonly content?: string;
  readonly tool_calls?: readonly {
    readonly index: number;
    readonly id?: string;
    readonly function: { readonly name?: string; readonly arguments?: string };
  }[];
}

/** The facts of a plain streamed request of a format's client. */
export function streamFacts(client: DialectName) {
  const inBody = client === "bedrock-converse" || client === "gemini-generate" ? {} : { stream: true };
  const body = JSON.stringify({ ...translationRequests[client]!.error, ...inBody });
  return factsOf(dialectOf(client), Buffer.from(body), true);
}

/** A stream that a client of `format` got, read by that format's own reader. */
export function foldStream(format: DialectName, bytes: Buffer): FoldedAnswer {
  if (format === "openai-responses") return foldResponses(bytes.toString());
  const chat =
    format === "openai-chat"
      ? bytes
      : translateAnswer(dialectOf("openai-chat"), dialectOf(format), streamFacts("openai-chat"), [bytes])
          .bytes;
  const folded = { text: "", calls: [] as { id: string; name: string; arguments: string }[], finish: "" };
  for (const { choices = [] } of dataOf(chat.toString()) as {
    choices?: { delta: Delta; finish_reason: string }[];
  }[])
    for (const { delta, finish_reason } of choices) {
      folded.text += delta.content ?? "";
      for (const { index, id = "", function: called } of delta.tool_calls ?? []) {
        folded.calls[index] ??= { id, name: called.name ?? "", arguments: "" };
        folded.calls[index].arguments += called.arguments ?? "";
      }
      folded.finish = finish_reason ?? folded.finish;
    }
  return folded;
}

interface Item {
  readonly type: string;
  readonly call_id: string;
  readonly name: string;
  readonly arguments: string;
  readonly content: readonly { readonly text: string }[];
}

function foldResponses(stream: string): FoldedAnswer {
  const events = dataOf(stream) as { type: string; response?: { output: readonly Item[] } }[];
  const output = events.find(({ type }) => type === "response.completed")?.response?.output ?? [];
  const calls = output
    .filter(({ type }) => type === "function_call")
    .map(({ call_id: id, name, arguments: written }) => ({ id, name, arguments: written }));
  const text = output.flatMap(({ content = [] }) => content.map((part) => part.text)).join("");
  return { text, calls, finish: calls.length > 0 ? "tool_calls" : "stop" };
}

function dataOf(stream: string): unknown[] {
  return stream
    .split("\n\n")
    .flatMap((event) => event.split("\n").filter((line) => line.startsWith("data: {")))
    .map((line) => JSON.parse(line.slice("data: ".length)));
}
