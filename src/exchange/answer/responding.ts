import { ByteRuns } from "../../core/byte-runs.ts";
import { GatewayError } from "../../core/errors.ts";
import { chain, type MaybePromise } from "../../core/maybe-promise.ts";
import { askedWaitMs } from "../../core/retry-after.ts";
import { inSlices, sliceBytes } from "../../core/slices.ts";
import type { LocalReply, ResponseContext, ResponseSeen } from "../../dialect/dialect.ts";
import { counterOfTarget } from "../admit/counting.ts";
import { plannedTransport, type Transport } from "../admit/transport.ts";
import { attemptAt } from "../attempt/forwarding.ts";
import { noteAnswer, noteFailure } from "../attempt/health-signals.ts";
import { noteReason } from "../attempt/logged-outcome.ts";
import { type Attempt, classOfFlags } from "../state/attempt.ts";
import { admitted, type Exchange } from "../state/exchange.ts";
import { errorReply, localDetails, replyHeaders } from "../state/local-reply.ts";
import type { ResponseHead, ResponseOutcome } from "../state/outcome.ts";
import { spend } from "../state/stages.ts";
import { foreignHeaders, requestIdOf } from "./answer-headers.ts";
import { type AnswerReader, answerReader } from "./answer-reader.ts";
import { countOutput } from "./count-output.ts";
import { beginDecoding, decodeInSlices } from "./decoding.ts";
import { HoldWatch } from "./hold-watch.ts";
import { breakOff } from "./interrupting.ts";
import { LargeAnswer } from "./large-answer.ts";
import { classOfDetails, endingOf, localFailure } from "./local-failure.ts";
import { SecretMask } from "./masking.ts";
import { ownHeaders } from "./own-headers.ts";
import { accountFailure, emptyRefusalError, refusalHeaders } from "./refusal.ts";
import { StreamCheck, type StreamVerdict } from "./stream-check.ts";
import { translateHeaders } from "./translating.ts";

const noBytes = Buffer.alloc(0);

/** Takes the response headers: whose answer it is, and whether the client gets it or one of ours instead. */
export function respond(exchange: Exchange, head: ResponseHead): ResponseOutcome {
  const { clock } = exchange.services;
  const startedMs = clock.monotonicMs();
  const outcome = beginAnswer(exchange, head);
  spend(exchange.stages, "respond", startedMs, clock);
  return outcome;
}

function beginAnswer(exchange: Exchange, head: ResponseHead): ResponseOutcome {
  exchange.advance("responding");
  // Our own answer, made by the attempt role, comes back this way.
  if (head.codeDetails.startsWith(localDetails))
    return { kind: "pass", headers: { set: replyHeaders(exchange), remove: [] } };
  if (head.codeDetails !== "via_upstream") {
    exhausted(exchange, head);
    if (head.status < 500 && head.status !== 413) return refusedByEnvoy(exchange, head);
    return replace(exchange, localFailure(head), endingOf(head));
  }
  const attempt = attemptAt(exchange, Math.max(1, head.attempt));
  if (attempt.judged !== undefined) return replace(exchange, attempt.judged.error, "upstream_error");
  answered(exchange, attempt, head);
  const failure = accountFailure(head);
  if (failure !== undefined) return replace(exchange, failure, "upstream_error");
  if (head.status >= 400 && head.endOfStream) return emptyRefusal(exchange, head);
  if (head.status < 400 && head.endOfStream) {
    const error = new GatewayError("upstream_invalid", "the provider's answer is empty");
    return replace(exchange, error, "upstream_error");
  }
  const unreadable = beginDecoding(exchange, head.headers);
  if (unreadable !== undefined) return replace(exchange, unreadable, "upstream_error");
  exchange.responseStatus = head.status;
  if (head.status >= 400) exchange.end("upstream_error");
  const transport = plannedTransport(exchange, attempt.target.target);
  const filter = head.status < 400 ? exchange.services.filterOf?.(exchange) : undefined;
  listen(exchange, attempt, transport, head, filter);
  const own = ownHeaders(exchange, attempt);
  const isWhole = !admitted(exchange).facts.stream;
  if (transport.kind === "pass") {
    // A provider's own error is passed as it is, whatever it holds.
    exchange.held = isWhole && head.status < 400;
    return {
      kind: passOrHold(exchange),
      headers: {
        set: [...refusalHeaders(head), ...own],
        remove: foreignHeaders(head.headers, transport.dialect, filter !== undefined),
      },
    };
  }
  const { set, remove } = translateHeaders(exchange, attempt, transport, head);
  exchange.held = isWhole || head.status >= 400;
  return { kind: passOrHold(exchange), headers: { set: [...set, ...own], remove } };
}

function passOrHold({ held }: Exchange): "hold" | "pass" {
  return held ? "hold" : "pass";
}

/** Takes the next bytes of the answer and returns those for the client: the same buffer where nothing changes. Only encoded answers wait. */
export function passBody(exchange: Exchange, chunk: Buffer, end: boolean): MaybePromise<Buffer> {
  const passed = passDecoded(exchange, chunk, end);
  if (!(passed instanceof Promise)) return passed;
  const { closing } = exchange;
  closing.began();
  return passed.finally(() => closing.ended());
}

function passDecoded(exchange: Exchange, chunk: Buffer, end: boolean): MaybePromise<Buffer> {
  const { decoder } = exchange;
  if (decoder === undefined) return passInTurns(exchange, chunk, end);
  const out = new ByteRuns();
  return decodeInSlices(decoder, chunk, end, async (plain, last) => {
    out.add(await passInTurns(exchange, plain, last));
    return exchange.broken !== undefined;
  }).then(
    () => out.take(chunk),
    (error) => {
      out.add(breakOff(exchange, GatewayError.from(error), "upstream_error"));
      return out.take(noBytes);
    },
  );
}

/** Passes a long piece in slices, with turns for others between them. */
function passInTurns(exchange: Exchange, chunk: Buffer, end: boolean): MaybePromise<Buffer> {
  if (chunk.length <= sliceBytes || exchange.transform instanceof LargeAnswer)
    return passPlain(exchange, chunk, end);
  const out = new ByteRuns();
  const passed = inSlices(chunk, end, async (slice, last) => {
    out.add(await passPlain(exchange, slice, last));
    return exchange.broken !== undefined || exchange.closing.settled;
  });
  return passed.then(() => out.take(chunk));
}

function passPlain(exchange: Exchange, chunk: Buffer, end: boolean): MaybePromise<Buffer> {
  const { clock } = exchange.services;
  const startedMs = clock.monotonicMs();
  if (end) noteEnd(exchange, startedMs);
  const checkedMs = exchange.answeredBy?.checkedMs ?? 0;
  return chain(transformed(exchange, chunk, end), (out) => {
    // Checks are a separate stage.
    const checkingMs = (exchange.answeredBy?.checkedMs ?? 0) - checkedMs;
    spend(exchange.stages, "respond", startedMs + checkingMs, clock);
    return out;
  });
}

/** The last of the answer has come: what follows is our own work on it. */
function noteEnd({ answeredBy, stages }: Exchange, nowMs: number): void {
  if (answeredBy === undefined) return;
  answeredBy.endedMs = nowMs;
  stages.forward = nowMs - answeredBy.startedMs - answeredBy.checkedMs - (stages.respond ?? 0);
}

function transformed(exchange: Exchange, chunk: Buffer, end: boolean): MaybePromise<Buffer> {
  const { transform } = exchange;
  if (transform === undefined) return chunk;
  const counted = (written: Buffer) => chain(exchange.outputCounter?.catchUp(), () => written);
  return chain(chain(transform.push(chunk, end), counted), (written) =>
    chain(exchange.streamCheck?.look(transform.seen) ?? "go-on", (verdict) =>
      chain(masked(exchange, written, verdict, end), (out) => sentOn(exchange, transform, out, verdict, end)),
    ),
  );
}

/** What a client may see of the next bytes. */
function masked(
  exchange: Exchange,
  written: Buffer,
  verdict: StreamVerdict,
  end: boolean,
): MaybePromise<Buffer> {
  if (verdict !== "go-on") return noBytes;
  exchange.secretMask ??= new SecretMask(exchange.answeredBy?.secrets ?? []);
  return exchange.secretMask.push(written, end);
}

function sentOn(
  exchange: Exchange,
  transform: AnswerReader,
  out: Buffer,
  verdict: StreamVerdict,
  end: boolean,
): Buffer {
  exchange.bytesOut += out.length;
  if (!end) {
    if (transform.seen.unreadable) abandon(exchange, transform);
    if (exchange.broken !== undefined) return out;
    const lost = verdict === "cut" ? exchange.streamCheck?.failure : undefined;
    const why = lost ?? exchange.holdWatch?.check();
    if (why === undefined) return out;
    const rest = exchange.secretMask?.rest() ?? noBytes;
    return Buffer.concat([out, rest, breakOff(exchange, why, "cut_by_policy")]);
  }
  const tail = finish(exchange);
  exchange.bytesOut += tail.length;
  return tail.length === 0 ? out : Buffer.concat([out, tail]);
}

/** The answer makes no sense, which a stream has said by now: what the provider still sends is of no use to anyone. */
function abandon(exchange: Exchange, { seen }: AnswerReader): void {
  exchange.end(seen.blocked ? "cut_by_policy" : "upstream_error", seen.error?.code);
  exchange.broken = admitted(exchange).facts.stream ? "told" : "cut";
}

/** The client's error in place of a broken answer. If some of the answer has passed, Envoy breaks off the connection instead. */
export function brokenReply(exchange: Exchange): LocalReply {
  const { errorCode = "upstream_invalid", transform } = exchange;
  const error = transform?.seen.error ?? new GatewayError(errorCode, "the provider's answer is broken");
  if (exchange.held) {
    exchange.responseStatus = error.status;
    exchange.bytesOut = 0;
  }
  return errorReply(exchange, error);
}

/** Ends an answer that has said all it had to and is kept open for nothing; false for any other. */
export function endAnswer(exchange: Exchange): boolean {
  const { transform, broken, responseEnded } = exchange;
  if (transform === undefined || broken !== undefined || responseEnded || !saysAll(transform.seen))
    return false;
  void chain(passPlain(exchange, noBytes, true), (bytes) =>
    exchange.downstream?.interrupt({ kind: "last", bytes }),
  );
  return true;
}

/** The format's end has come, or all that comes before it: a finish reason and the whole usage. */
function saysAll({ complete, error, finishReason, usage, usagePartial }: ResponseSeen): boolean {
  return (
    complete || (error === undefined && finishReason !== undefined && usage !== undefined && !usagePartial)
  );
}

/** The answer came to its end; what is returned is sent after it: the in-dialect error of a stream that ended too early. */
function finish(exchange: Exchange): Buffer {
  exchange.responseEnded = true;
  const { transform } = exchange;
  if (transform === undefined || exchange.ending !== undefined) return noBytes;
  const { seen } = transform;
  const failure = exchange.streamCheck?.failure;
  if (failure !== undefined) {
    exchange.end("cut_by_policy", failure.code);
    return transform.breakOff(failure);
  }
  if (seen.error !== undefined) {
    exchange.end(seen.blocked ? "cut_by_policy" : "upstream_error", seen.error.code);
    if (exchange.answeredBy !== undefined && !seen.blocked)
      noteFailure(exchange, exchange.answeredBy, "overloaded");
    // A stream has said so in an event; one JSON value has no room for it.
    if (seen.unreadable && !admitted(exchange).facts.stream) exchange.broken = "cut";
    return noBytes;
  }
  if (seen.complete) {
    exchange.end("completed");
    if (exchange.answeredBy !== undefined) noteAnswer(exchange, exchange.answeredBy);
    return noBytes;
  }
  const error = new GatewayError("upstream_invalid", "the provider's answer ended before it was complete");
  exchange.end("upstream_error", error.code);
  return transform.breakOff(error);
}

function answered(exchange: Exchange, attempt: Attempt, head: ResponseHead): void {
  exchange.answeredBy = attempt;
  attempt.requestId = requestIdOf(head.headers);
  // From the first response byte on no other attempt can follow.
  exchange.releaseOriginal();
  if (head.status < 400) {
    attempt.outcome = { kind: "answered", status: head.status, flags: [] };
    return;
  }
  const provider = exchange.snapshot.backends.get(attempt.target.target.backend)?.provider;
  const failureClass =
    attempt.refusedAs ?? provider?.classify(head.status, head.headers, noBytes) ?? classOfFlags([]);
  attempt.outcome = { kind: "failed", status: head.status, flags: [], class: failureClass };
  noteFailure(
    exchange,
    attempt,
    failureClass,
    askedWaitMs((name) => head.headers.get(name), exchange.services.clock.nowMs()),
  );
}

/** Envoy gave up: the last attempt failed without an answer. */
function exhausted(exchange: Exchange, head: ResponseHead): void {
  const { plan } = exchange;
  if (plan === undefined) return;
  // Without an attempt of Envoy's, the encoded attempt was never sent.
  const unsent = head.attempt === 0;
  // One more than planned: Envoy could not connect once more, and nothing was sent.
  const number = Math.min(head.attempt, plan.targets.length);
  const attempt = unsent ? exchange.attempts.at(-1) : attemptAt(exchange, number);
  if (attempt === undefined) return;
  // No access log will tell of it.
  if (unsent) exchange.logged.add(attempt.number);
  const failureClass = classOfDetails(head.codeDetails, unsent);
  attempt.endedMs = exchange.services.clock.monotonicMs();
  attempt.outcome = { kind: "failed", status: undefined, flags: [], class: failureClass };
  // Its access log entry says nothing of why: it would look like the target's fault.
  if (failureClass === "client_error") noteFailure(exchange, attempt, failureClass);
  noteReason(exchange, attempt, head.codeDetails);
}

/** Starts to read the answer as it passes. */
function listen(
  exchange: Exchange,
  attempt: Attempt,
  transport: Transport,
  head: ResponseHead,
  filter: ResponseContext["filter"],
): void {
  const { facts } = admitted(exchange);
  const counter = outputCounterOf(exchange);
  let counts = true;
  if (facts.stream && head.status < 400) exchange.streamCheck = StreamCheck.of(exchange, attempt);
  const context: ResponseContext = {
    status: head.status,
    headers: head.headers,
    facts,
    filter,
    onText: (text, kind, choice) => {
      exchange.streamCheck?.push(text, kind, choice);
      exchange.lastContentMs = exchange.services.clock.monotonicMs();
      if (exchange.firstContentMs === undefined) {
        exchange.firstContentMs = exchange.lastContentMs;
        exchange.deadlines?.begun();
        if (exchange.answeredBy !== undefined) noteAnswer(exchange, exchange.answeredBy);
      }
      if (counts) counter?.push(text);
      exchange.holdWatch?.passed(text.length);
    },
  };
  exchange.transform = answerReader(exchange, attempt, transport, context, (output) => {
    counts = false;
    return countOutput(exchange, output);
  });
}

function outputCounterOf(exchange: Exchange): Exchange["outputCounter"] {
  if (exchange.answeredBy === undefined) return undefined;
  const counter = counterOfTarget(exchange, exchange.answeredBy.target.target);
  const output = counter.stream(exchange.principal.tenantId);
  exchange.outputCounter = output;
  // A whole answer is complete, and billed, before any of it is seen.
  if (admitted(exchange).facts.stream)
    exchange.holdWatch = new HoldWatch(exchange, exchange.answeredBy, counter, output);
  return output;
}

function replace(
  exchange: Exchange,
  error: GatewayError,
  ending: "timeout" | "upstream_error" | "upstream_reset" | "denied" | "internal",
): ResponseOutcome {
  exchange.end(ending, error.code);
  exchange.responseStatus = error.status;
  exchange.responseEnded = true;
  exchange.releaseOriginal();
  return { kind: "reply", reply: errorReply(exchange, error) };
}

/** A refusal without a body: its status and the wait that it asks for are all it says, so both stay. */
function emptyRefusal(exchange: Exchange, head: ResponseHead): ResponseOutcome {
  const error = emptyRefusalError(head, exchange.services.clock.nowMs());
  return replaceKeeping(exchange, head.status, error, "upstream_error");
}

/** What Envoy refuses by itself after we have seen its head, e.g. a body that takes too long to come, is the client's fault and no bug: the status stays. */
function refusedByEnvoy(exchange: Exchange, { status, codeDetails }: ResponseHead): ResponseOutcome {
  const error = new GatewayError("invalid_request", `the request was refused: ${codeDetails}`);
  return replaceKeeping(exchange, status, error, "denied");
}

/** Like `replace`, under the status that the answer came with. */
function replaceKeeping(
  exchange: Exchange,
  status: number,
  error: GatewayError,
  ending: "upstream_error" | "denied",
): ResponseOutcome {
  const outcome = replace(exchange, error, ending);
  exchange.responseStatus = status;
  return outcome.kind === "reply" ? { kind: "reply", reply: { ...outcome.reply, status } } : outcome;
}
