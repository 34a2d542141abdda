import assert from "node:assert/strict";
import { GatewayError } from "../../../src/core/errors.ts";
import { EventStreamDecoder } from "../../../src/core/event-stream.ts";
import { headersOf } from "../../../src/core/headers.ts";
import type { AnswerContext } from "../../../src/dialect/codec.ts";
import type { Dialect, DialectName, RequestFacts } from "../../../src/dialect/dialect.ts";
import { dialects } from "../../../src/dialect/index.ts";
import { parseObject } from "../../../src/dialect/json-view.ts";
import type { LostOutput } from "../../../src/dialect/lost-output.ts";
import { frameEventStream } from "./event-stream-frames.ts";

/** The formats clients may chat in while another answers. */
export const clientDialects: readonly Dialect[] = dialects.filter(({ client }) => client?.hub === "chat");
/** The formats in which providers chat. */
export const upstreamDialects: readonly Dialect[] = dialects.filter(
  ({ upstream }) => upstream?.hub === "chat",
);

/** The dialect of this name. */
export function dialectOf(name: DialectName): Dialect {
  const dialect = dialects.find((one) => one.name === name);
  assert.ok(dialect !== undefined, name);
  return dialect;
}

/** Where a client of each format asks, streamed or not. */
export function pathOf(name: DialectName, stream: boolean): string {
  switch (name) {
    case "openai-chat":
      return "/v1/chat/completions";
    case "openai-responses":
      return "/v1/responses";
    case "anthropic-messages":
      return "/v1/messages";
    case "bedrock-converse":
      return `/model/any/${stream ? "converse-stream" : "converse"}`;
    default:
      return `/v1beta/models/any:${stream ? "streamGenerateContent?alt=sse" : "generateContent"}`;
  }
}

/** The model each format's provider is asked for. */
export const modelOf: Readonly<Record<string, string>> = {
  "openai-chat": "gpt-4.1",
  "anthropic-messages": "claude-sonnet-4-5",
  "bedrock-converse": "anthropic.claude-sonnet-4-5-20250929-v1:0",
  "gemini-generate": "gemini-2.5-flash",
};

/** The field that caps an answer in each format. */
export const capFields: Readonly<Record<string, string>> = {
  "openai-chat": "max_completion_tokens",
  "anthropic-messages": "max_tokens",
  "bedrock-converse": "maxTokens",
  "gemini-generate": "maxOutputTokens",
};

/** What is read of a client's request before it is routed. */
export function factsOf(client: Dialect, body: Buffer, stream: boolean): RequestFacts {
  const operation = client.match("POST", pathOf(client.name, stream));
  assert.ok(operation !== undefined, client.name);
  return client.inspect(body, operation);
}

/** A request as the upstream gets it. */
export function translateRequest(
  client: Dialect,
  upstream: Dialect,
  body: Buffer,
  stream: boolean,
  model: string = modelOf[upstream.name] ?? "",
): { readonly body: Buffer; readonly changes: readonly string[] } {
  const facts = factsOf(client, body, stream);
  const request = client.client!.decodeRequest(parseObject(body.toString())!, facts);
  return upstream.upstream!.encodeRequest(request, {
    model,
    stream,
    choices: facts.choices,
    outputCap: facts.outputCap ?? 1000,
    outputCapField: capFields[upstream.name] ?? "",
  });
}

/** An upstream's answer of status 200 as the client gets it; `pieces` as they come. */
export function translateAnswer(
  client: Dialect,
  upstream: Dialect,
  facts: RequestFacts,
  pieces: readonly Buffer[],
): {
  readonly bytes: Buffer;
  readonly text: string;
  readonly seen: unknown;
  readonly lost: ReadonlySet<LostOutput>;
} {
  let text = "";
  const context: AnswerContext = {
    id: "01900000-0000-7000-8000-000000000001",
    model: modelOf[upstream.name] ?? "",
    createdSec: 1_700_000_000,
    inputTokens: 11,
    facts,
  };
  const headers = headersOf({ "content-type": contentTypeOf(upstream.name, facts.stream) });
  const transform = upstream.upstream!.decodeAnswer(
    {
      status: 200,
      headers,
      facts,
      onText: (more) => {
        text += more;
      },
    },
    client.client!.encodeAnswer(context),
    "call_x",
  );
  const out = pieces.map((piece, index) => transform.push(piece, index === pieces.length - 1));
  const { seen } = transform;
  if (!seen.complete && seen.error === undefined)
    out.push(transform.breakOff(new GatewayError("upstream_invalid", "the provider's answer ended early")));
  const { usage, finishReason, complete, error, unreadable } = seen;
  const told = { usage, finishReason, complete, error: error?.code, unreadable };
  return { bytes: Buffer.concat(out), text, seen: told, lost: seen.lost };
}

/** The content type of a format's answers. */
function contentTypeOf(name: DialectName, stream: boolean): string {
  if (!stream) return "application/json";
  return name === "bedrock-converse" ? "application/vnd.amazon.eventstream" : "text/event-stream";
}

/** A stream as it is written in files: AWS's frames as lines, the others as they are. */
export function streamBytes(name: DialectName, text: string): Buffer {
  return name === "bedrock-converse" ? frameEventStream(text) : Buffer.from(text);
}

/** The same of bytes. */
export function streamText(name: DialectName, bytes: Buffer): string {
  if (name !== "bedrock-converse") return bytes.toString();
  const decoder = new EventStreamDecoder();
  decoder.push(bytes);
  let text = "";
  for (let message = decoder.next(); message !== undefined; message = decoder.next()) {
    const exception = message.headers.get(":exception-type");
    const type = exception === undefined ? message.headers.get(":event-type") : `!${exception}`;
    text += `${type} ${message.payload.toString()}\n`;
  }
  return text;
}
