import { type ErrorCode, GatewayError } from "../../core/errors.ts";
import type { AnswerContext } from "../../dialect/codec.ts";
import type { ResponseContext, ResponseTransform } from "../../dialect/dialect.ts";
import { refusalMessage } from "../../dialect/refusal-message.ts";
import { ResponseState } from "../../dialect/response-state.ts";
import { silentEncoder } from "../../dialect/silent-encoder.ts";
import { TranslatedError } from "../../dialect/translated-error.ts";
import { errorOfStatus } from "../../dialect/upstream-error.ts";
import type { FailureClass, Provider } from "../../provider/provider.ts";
import { backendOf } from "../admit/transports.ts";
import type { Attempt } from "../state/attempt.ts";
import type { Exchange, Forwarded } from "../state/exchange.ts";
import type { ResponseHead } from "../state/outcome.ts";
import type { Transport } from "../state/transport.ts";

type Translation = Extract<Transport, { kind: "translate" }>;

const callIdChars = 20;

/** Headers of an upstream's answer that a client of another format may see: every other one tells whose answer it is. */
const neutralHeaders: ReadonlySet<string> = new Set([
  ":status",
  "date",
  "retry-after",
  "retry-after-ms",
  "x-should-retry",
  "transfer-encoding",
  "connection",
]);

/** The answer's bytes on their way from a provider of another format; `writes`: false for who only reads them. */
export function translateResponse(
  forwarded: Forwarded,
  attempt: Attempt,
  { client, upstream }: Translation,
  context: ResponseContext,
  writes: boolean,
): ResponseTransform {
  const { exchange } = forwarded;
  if (context.status >= 400) {
    const { provider } = backendOf(exchange, attempt.target.target);
    return new TranslatedError(new ResponseState(context.onText), (body) => {
      const reply = exchange.dialect.encodeError(errorOf(provider, context, body), exchange.id);
      exchange.answer.amend(reply.status, [[":status", String(reply.status)], ...reply.headers]);
      return reply.body;
    });
  }
  // An embedding is written in one go, which costs nothing beside reading it.
  const isSilent = !writes && client.hub === "chat";
  const writer = isSilent ? silentEncoder : client.encodeAnswer(answerContextOf(forwarded, attempt));
  return upstream.decodeAnswer(context, writer, callIdOf(exchange));
}

/** Begins the ids of tool calls that come without one. */
export function callIdOf({ id }: Exchange): string {
  return `call_${id.replaceAll("-", "").slice(-callIdChars)}`;
}

/** The response headers in the client's format. An error's status and headers are told by its body, later. */
export function translateHeaders(
  forwarded: Forwarded,
  attempt: Attempt,
  { client }: Translation,
  head: ResponseHead,
): { readonly set: readonly (readonly [string, string])[]; readonly remove: readonly string[] } {
  const remove = [...head.headers.names()].filter((name) => !neutralHeaders.has(name));
  if (head.status < 400) return { set: client.answerHeaders(answerContextOf(forwarded, attempt)), remove };
  return { set: [], remove };
}

/** The facts of an exchange that an answer's writer needs. */
export function answerContextOf({ admitted, exchange }: Forwarded, attempt: Attempt): AnswerContext {
  return {
    id: exchange.id,
    model: attempt.target.target.model,
    createdSec: Math.floor(exchange.openedAtMs / 1000),
    inputTokens: attempt.target.inputTokens,
    facts: admitted.facts,
  };
}

/** A provider's error in our words. Its own words go to the client and nowhere else. */
function errorOf(provider: Provider, { status, headers }: ResponseContext, body: Buffer): GatewayError {
  const plain = errorOfStatus(status);
  const code = codeOfFailure(provider.classify(status, headers, body), plain.code);
  // Between the provider and the gateway: some tell it with a status of another meaning.
  if (code === "upstream_auth")
    return new GatewayError(code, "the provider refused the gateway's credentials");
  return new GatewayError(code, refusalMessage(body) ?? plain.message);
}

/** A failure class in our words; `plain`: what the status alone means. */
export function codeOfFailure(failure: FailureClass, plain: ErrorCode): ErrorCode {
  switch (failure) {
    case "context_length":
      return "context_length_exceeded";
    case "auth_or_quota":
      return plain === "rate_limit" ? "insufficient_quota" : "upstream_auth";
    case "rate_limited":
      return "rate_limit";
    case "overloaded":
    case "unreachable":
      return "upstream_unavailable";
    case "timeout":
      return "timeout";
    case "quality":
      return "validation_failed";
    case "client_error":
    case "model_unavailable":
    case "content_policy":
      return plain;
  }
}
