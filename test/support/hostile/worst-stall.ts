import { systemClock } from "../../../src/core/clock.ts";
import { type Headers, headersOf } from "../../../src/core/headers.ts";
import { allocateBytes } from "../../../src/core/shared-bytes.ts";
import { admit } from "../../../src/exchange/admission.ts";
import { passBody } from "../../../src/exchange/answer/passing.ts";
import { open } from "../../../src/exchange/open/opening.ts";
import type { Exchange } from "../../../src/exchange/state/exchange.ts";
import { Originals } from "../../../src/exchange/state/originals.ts";
import { createMemoryLedger } from "../../../src/ledger/memory.ts";
import { beginAnswer, type Exchanges, exchangesOn, snapshotOf } from "../exchange/exchanges.ts";
import { longestHeldMs } from "../measure/loop-stall.ts";

const config = `
version: 1
backends:
  chat: { provider: openai-compatible, endpoint: "http://127.0.0.1:9/v1", apiKey: "\${env:KEY}", price: { input: 1, output: 1 } }
  claude: { provider: anthropic, endpoint: "http://127.0.0.1:9", apiKey: "\${env:KEY}", price: { input: 1, output: 1 } }
  aws: { provider: bedrock, region: us-east-1, apiKey: "\${env:KEY}", price: { input: 1, output: 1 } }
models:
  aws: { targets: [aws/amazon.nova-pro-v1:0] }
  one: { targets: [chat/m] }
  checked: { targets: [chat/m], validate: { json: true, language: [en] } }
  other: { targets: [claude/claude-sonnet-4-5] }
identity: [{ type: anonymous, tenant_id: local }]
`;

const snapshot = snapshotOf(config, { KEY: "none" });

/** Exchanges whose provider the test plays, with room for the largest bodies. */
export function worstCaseExchanges(): Exchanges {
  const exchanges = exchangesOn(snapshot, createMemoryLedger({ clock: systemClock }), systemClock);
  const originals = new Originals(1_000_000_000);
  return { ...exchanges, services: { ...exchanges.services, originals } };
}

/** The longest that the loop is held by the headers of one request. */
export async function headersStallMs({ services }: Exchanges, headers: Headers): Promise<number> {
  const head = { method: "POST", path: "/v1/chat/completions", headers, endOfStream: false };
  return longestHeldMs(async () => {
    const known = await open(services, snapshot, head);
    if (known.kind === "exchange") known.exchange.closing.close();
  });
}

/** The longest that the loop is held while a chat request is admitted. */
export async function requestStallMs(exchanges: Exchanges, body: Buffer, model: string): Promise<number> {
  const bytes = sent(withModel(body, model));
  collectGarbage();
  const exchange = await opened(exchanges);
  const stall = await longestHeldMs(() => admit(exchange, bytes));
  exchange.closing.close();
  return stall;
}

/** The longest that the loop is held while a provider's answer passes, which Envoy sends on in pieces of `pieceBytes`. */
export async function answerStallMs(
  exchanges: Exchanges,
  answer: Buffer,
  { contentType, encoding, model, stream, pieceBytes }: AnswerKind,
): Promise<number> {
  const exchange = await opened(exchanges);
  await admit(
    exchange,
    Buffer.from(
      JSON.stringify({ model, stream, max_tokens: 5, messages: [{ role: "user", content: "hi" }] }),
    ),
  );
  beginAnswer(exchange, contentType, encoding);
  const pieces: Buffer[] = [];
  for (let at = 0; at < answer.length; at += pieceBytes)
    pieces.push(sent(answer.subarray(at, at + pieceBytes)));
  const pass = async (): Promise<void> => {
    for (const [index, piece] of pieces.entries()) {
      await turn();
      if (exchange.answer.end !== undefined) return;
      await passBody(exchange, piece, index === pieces.length - 1);
    }
  };
  collectGarbage();
  const stall = await longestHeldMs(pass);
  exchange.closing.close();
  return stall;
}

/** The same body for another model, without a string as long as the body: collecting it would count as a stall. */
function withModel(body: Buffer, model: string): Buffer {
  const named = Buffer.from('"model":"one"');
  const at = body.indexOf(named);
  if (at < 0) return body;
  return Buffer.concat([
    body.subarray(0, at),
    Buffer.from(`"model":${JSON.stringify(model)}`),
    body.subarray(at + named.length),
  ]);
}

/** What the test has left behind is collected before the measurement, where Node was started with --expose-gc. */
function collectGarbage(): void {
  globalThis.gc?.();
}

/** How an answer is asked for and comes. */
export interface AnswerKind {
  readonly contentType: string;
  readonly encoding?: string;
  readonly model: string;
  readonly stream: boolean;
  readonly pieceBytes: number;
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Bytes in memory as those of a message from Envoy are. */
function sent(bytes: Buffer): Buffer {
  const copy = allocateBytes(bytes.length);
  bytes.copy(copy);
  return copy;
}

async function opened({ services }: Exchanges): Promise<Exchange> {
  const headers = headersOf({ "content-type": "application/json" });
  const head = { method: "POST", path: "/v1/chat/completions", headers, endOfStream: false };
  const known = await open(services, snapshot, head);
  if (known.kind === "reply") throw new Error(known.reply.body.toString());
  return known.exchange;
}
