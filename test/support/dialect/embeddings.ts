import assert from "node:assert/strict";
import { headersOf } from "../../../src/core/headers.ts";
import type { EncodedRequest } from "../../../src/dialect/codec.ts";
import type { Dialect, RequestFacts, ResponseSeen } from "../../../src/dialect/dialect.ts";
import { dialects } from "../../../src/dialect/index.ts";
import { parseObject } from "../../../src/dialect/json-view.ts";
import { type AskedAs, embeddingProviders } from "../../fixtures/embedding-cells.ts";

/** The formats in which clients ask for embeddings, and in which providers answer: the same. */
export const embedders: readonly Dialect[] = dialects.filter(({ client }) => client?.hub === "embeddings");

/** What is read of a client's request before it is routed. */
export function embeddingFacts(client: Dialect, { path, body }: AskedAs): RequestFacts {
  const operation = client.match("POST", path);
  assert.ok(operation !== undefined, `${client.name} has ${path}`);
  return client.inspect(Buffer.from(JSON.stringify(body)), operation);
}

/** A request as the upstream gets it; throws what refuses it. */
export function askEmbeddings(
  client: Dialect,
  upstream: Dialect,
  asked: AskedAs,
  model: string = embeddingProviders[upstream.name]!.model,
): EncodedRequest {
  const facts = embeddingFacts(client, asked);
  const request = client.client!.decodeRequest(parseObject(JSON.stringify(asked.body))!, facts);
  const codec = upstream.upstream!;
  codec.check(request, model);
  const target = { model, stream: false, choices: 1, outputCap: 0, outputCapField: "" };
  return codec.encodeRequest(request, target);
}

/** An upstream's answer of status 200 as the client gets it, in pieces as they come. */
export function answerEmbeddings(
  client: Dialect,
  upstream: Dialect,
  facts: RequestFacts,
  pieces: readonly Buffer[],
  headers: Readonly<Record<string, string>> = {},
): { readonly bytes: Buffer; readonly seen: ResponseSeen } {
  const writer = client.client!.encodeAnswer({
    id: "01900000-0000-7000-8000-000000000001",
    model: embeddingProviders[upstream.name]!.model,
    createdSec: 1_700_000_000,
    inputTokens: 11,
    facts,
  });
  const context = { status: 200, headers: headersOf(headers), facts, onText: () => {} };
  const transform = upstream.upstream!.decodeAnswer(context, writer, "");
  const out = pieces.map((piece, index) => transform.push(piece, index === pieces.length - 1));
  return { bytes: Buffer.concat(out), seen: transform.seen };
}
