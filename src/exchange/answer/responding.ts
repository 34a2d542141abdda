import type { ContentDecoder } from "../../core/content-decoder.ts";
import { assert, GatewayError } from "../../core/errors.ts";
import { askedWaitMs } from "../../core/retry-after.ts";
import { requestIdOf } from "../../provider/request-id.ts";
import { backendOf } from "../admit/transports.ts";
import { attemptAt } from "../attempt/attempt-at.ts";
import type { Attempt } from "../state/attempt.ts";
import type { Exchange, Forwarded } from "../state/exchange.ts";
import { errorReply, replyHeaders } from "../state/local-reply.ts";
import type { AnswerSource, Reply, ResponseHead, ResponseOutcome } from "../state/outcome.ts";
import { spend } from "../state/stages.ts";
import { foreignHeaders } from "./answer-headers.ts";
import { decoderOf } from "./decoding.ts";
import { listen } from "./listening.ts";
import { ownHeaders } from "./own-headers.ts";
import { accountFailure, emptyRefusalError, refusalHeaders } from "./refusal.ts";
import { translateHeaders } from "./translating.ts";

type ReplacedEnding = "timeout" | "upstream_error" | "upstream_reset" | "denied";

/** Takes the response headers: whose answer it is, and whether the client gets it or one of ours instead. */
export function respond(exchange: Exchange, head: ResponseHead): ResponseOutcome {
  const { clock } = exchange.services;
  const startedMs = clock.monotonicMs();
  const outcome = beginAnswer(exchange, head);
  spend(exchange.stages, "respond", startedMs, clock);
  return outcome;
}

function beginAnswer(exchange: Exchange, head: ResponseHead): ResponseOutcome {
  const { forwarded } = exchange;
  const { source } = head;
  exchange.answer.begin();
  switch (source.kind) {
    case "gateway":
      return { kind: "pass", headers: { set: replyHeaders(exchange), remove: [] } };
    case "proxy":
      if (forwarded !== undefined) exhausted(forwarded, head, source);
      return replace(exchange, source.error, source.ending, source.status);
    case "upstream": {
      assert(forwarded !== undefined, "only a request that was forwarded is answered upstream");
      const attempt = attemptAt(forwarded, Math.max(1, head.attempt));
      return answerOf(forwarded, attempt, head);
    }
  }
}

/** An upstream's answer: it passes, unless it is not for the client, or cannot be read. */
function answerOf(forwarded: Forwarded, attempt: Attempt, head: ResponseHead): ResponseOutcome {
  const { exchange } = forwarded;
  if (attempt.judged !== undefined) return replace(exchange, attempt.judged.error, "upstream_error");
  answered(forwarded, attempt, head);
  const failure = accountFailure(head) ?? emptyAnswer(head);
  if (failure !== undefined) return replace(exchange, failure, "upstream_error");
  if (head.status >= 400 && head.endOfStream) {
    const error = emptyRefusalError(head, exchange.services.clock.nowMs());
    return replace(exchange, error, "upstream_error", head.status);
  }
  const decoder = decoderOf(head.headers);
  if (decoder instanceof GatewayError) return replace(exchange, decoder, "upstream_error");
  return pass(forwarded, attempt, head, decoder);
}

function emptyAnswer({ endOfStream, status }: ResponseHead): GatewayError | undefined {
  if (status >= 400 || !endOfStream) return undefined;
  return new GatewayError("upstream_invalid", "the provider's answer is empty");
}

function pass(
  forwarded: Forwarded,
  attempt: Attempt,
  head: ResponseHead,
  decoder: ContentDecoder | undefined,
): ResponseOutcome {
  const { admitted, exchange } = forwarded;
  const { transport } = attempt;
  const isError = head.status >= 400;
  const isWhole = !admitted.facts.stream;
  if (isError) exchange.end("upstream_error");
  // A provider's own error is passed as it is, whatever it holds; one that is translated waits for its body.
  const isHeld = transport.kind === "pass" ? isWhole && !isError : isWhole || isError;
  exchange.answer.pass(head.status, isHeld);
  const filter = isError ? undefined : exchange.makeFilter();
  forwarded.answering = listen(forwarded, attempt, head, { decoder, filter });
  const { set, remove } =
    transport.kind === "pass"
      ? {
          set: refusalHeaders(head),
          remove: foreignHeaders(head.headers, transport.dialect, filter !== undefined),
        }
      : translateHeaders(forwarded, attempt, transport, head);
  const headers = { set: [...set, ...ownHeaders(forwarded, attempt)], remove };
  return { kind: isHeld ? "hold" : "pass", headers };
}

function answered(forwarded: Forwarded, attempt: Attempt, head: ResponseHead): void {
  const { exchange } = forwarded;
  forwarded.answeredBy = attempt;
  attempt.requestId = requestIdOf(head.headers);
  // From the first response byte on no other attempt can follow.
  exchange.body.release();
  if (head.status < 400) {
    attempt.answered(head.status);
    return;
  }
  const { provider } = backendOf(exchange, attempt.target.target);
  const failure = attempt.refusedAs ?? provider.classify(head.status, head.headers, noBytes);
  const waitMs = askedWaitMs((name) => head.headers.get(name), exchange.services.clock.nowMs());
  attempt.refused(head.status, failure, waitMs);
}

/** The proxy gave up: the last attempt failed without an answer. */
function exhausted(
  forwarded: Forwarded,
  head: ResponseHead,
  source: Extract<AnswerSource, { kind: "proxy" }>,
): void {
  const { attempts, plan } = forwarded;
  // Where the proxy made no attempt, the encoded one was never sent.
  const isUnsent = head.attempt === 0;
  // One more than planned: the proxy could not connect once more, and nothing was sent.
  const number = Math.min(head.attempt, plan.targets.length);
  const attempt = isUnsent ? attempts.at(-1) : attemptAt(forwarded, number);
  if (attempt === undefined) return;
  if (isUnsent) attempt.unsent();
  attempt.unanswered(source.class, source.reason);
}

/** Our own answer in the place of another. `status`: that of the other, where it is kept. */
function replace(exchange: Exchange, error: GatewayError, ending: ReplacedEnding, status?: number): Reply {
  exchange.end(ending, error.code);
  exchange.answer.replace(status ?? error.status);
  exchange.body.release();
  const reply = errorReply(exchange, error);
  return { kind: "reply", reply: status === undefined ? reply : { ...reply, status } };
}

const noBytes = Buffer.alloc(0);
