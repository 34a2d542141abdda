import { headersOf } from "../../../src/core/headers.ts";
import { passBody } from "../../../src/exchange/answer/passing.ts";
import { respond } from "../../../src/exchange/answer/responding.ts";
import { noteOutcome } from "../../../src/exchange/attempt/logged-outcome.ts";
import type { Exchange } from "../../../src/exchange/state/exchange.ts";
import { logEntry } from "./log-entry.ts";

/** Tokens as an OpenAI-like provider tells them. */
export interface ToldUsage {
  readonly input: number;
  readonly output: number;
  readonly cached: number;
}

/** The response headers of a provider's answer. */
export function headAnswer(
  exchange: Exchange,
  attempt: number,
  status: number,
  contentType = "application/json",
): void {
  respond(exchange, {
    status,
    headers: headersOf({ ":status": String(status), "content-type": contentType }),
    endOfStream: false,
    source: { kind: "upstream" },
    attempt,
  });
}

/** A whole answer, to its end. */
export function answerWhole(exchange: Exchange, attempt: number, usage: ToldUsage): void {
  headAnswer(exchange, attempt, 200);
  const message = { role: "assistant", content: "well" };
  const choices = [{ index: 0, message, finish_reason: "stop" }];
  passBody(exchange, Buffer.from(JSON.stringify({ ...chunkHead, choices, usage: wireUsage(usage) })), true);
  exchange.closing.close();
}

/** Begins a streamed answer with these pieces of text. */
export function streamPieces(exchange: Exchange, attempt: number, pieces: readonly string[]): void {
  headAnswer(exchange, attempt, 200, "text/event-stream");
  for (const content of pieces) pushEvent(exchange, { choices: [{ index: 0, delta: { content } }] });
}

/** Ends a streamed answer, with its usage or without any. */
export function endStream(exchange: Exchange, usage: ToldUsage | undefined): void {
  pushEvent(exchange, { choices: [{ index: 0, delta: {}, finish_reason: "stop" }] });
  if (usage !== undefined) pushEvent(exchange, { choices: [], usage: wireUsage(usage) });
  passBody(exchange, Buffer.from("data: [DONE]\n\n"), true);
  exchange.closing.close();
}

/** A provider's refusal, to its end. */
export function answerError(exchange: Exchange, attempt: number, cluster: string, status: number): void {
  headAnswer(exchange, attempt, status);
  passBody(exchange, Buffer.from('{"error":{"message":"no","type":"x","code":null,"param":null}}'), true);
  exchange.closing.close();
  logAttempt(exchange, cluster, status, []);
}

/** What Envoy's access log says of a try that ended. */
export function logAttempt(
  exchange: Exchange,
  cluster: string,
  status: number | undefined,
  flags: readonly string[],
): void {
  noteOutcome(exchange, logEntry({ kind: "attempt", requestId: exchange.id, cluster, status, flags }));
}

/** The client goes. */
export function leave(exchange: Exchange): void {
  exchange.closing.close();
  const none = { cluster: undefined, status: undefined };
  noteOutcome(exchange, logEntry({ kind: "request", requestId: exchange.id, flags: ["DC"], ...none }));
}

const chunkHead = { id: "c-1", object: "chat.completion", created: 1, model: "m" };

function pushEvent(exchange: Exchange, event: object): void {
  passBody(exchange, Buffer.from(`data: ${JSON.stringify({ ...chunkHead, ...event })}\n\n`), false);
}

function wireUsage({ input, output, cached }: ToldUsage): object {
  return {
    prompt_tokens: input,
    completion_tokens: output,
    total_tokens: input + output,
    prompt_tokens_details: { cached_tokens: cached },
  };
}
